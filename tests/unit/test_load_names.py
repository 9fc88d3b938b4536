import pytest

from labctl.errors import UsageError
from labctl.image_names import qualified


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("app", "docker.io/library/app:latest"),
        ("app:1", "docker.io/library/app:1"),
        ("my_app:v1.2-rc_3", "docker.io/library/my_app:v1.2-rc_3"),
        ("me/app", "docker.io/me/app:latest"),
        ("docker.io/app", "docker.io/library/app:latest"),
        ("index.docker.io/me/app:1", "docker.io/me/app:1"),
        ("docker.io/library/app:1", "docker.io/library/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("registry:5000/a/b:7", "registry:5000/a/b:7"),
        ("ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x"),
    ],
)
def test_a_name_in_full(given: str, full: str) -> None:
    assert qualified(given) == full
    assert qualified(full) == full


@pytest.mark.parametrize(
    "given",
    ["", "App", "me/App", "a b", "app:", ":1", "-x", "app@sha256:0", "a//b", "/a", "a/", "a:b:c"],
)
def test_what_is_no_name(given: str) -> None:
    with pytest.raises(UsageError, match="not the name of an image"):
        qualified(given)
