from pathlib import Path

import pytest
from pydantic import ValidationError

from labctl.errors import UsageError
from labctl.nodeimage import FOLDER, versions

FILE = versions.load()


@pytest.mark.parametrize(
    ("asked", "kubernetes", "components"),
    [
        (None, "1.36.3", "1.36.3"),
        ("", "1.36.3", "1.36.3"),
        ("1.36", "1.36.3", "1.36.3"),
        ("v1.36.3", "1.36.3", "1.36.3"),
        ("1.36.1", "1.36.1", "1.36.3"),
        ("1.34", "1.34.4", "1.34.4"),
        ("1.34.3", "1.34.3", "1.34.4"),
        ("1.37.2", "1.37.2", "1.36.3"),
        ("1.35.4", "1.35.4", "1.34.4"),
    ],
)
def test_resolve(asked: str | None, kubernetes: str, components: str) -> None:
    pins = versions.resolve(asked, FILE)
    assert (pins.kubernetes, pins.components.release) == (kubernetes, components)
    assert pins.pinned == (kubernetes == components)


@pytest.mark.parametrize(
    "asked", ["latest", "1", "2.0.0", "1.36.x", "1.37", "1.33.13", "1.36.3-rc.1"]
)
def test_resolve_says_what_is_known(asked: str) -> None:
    with pytest.raises(UsageError) as error:
        versions.resolve(asked, FILE)
    assert "1.36.3, 1.34.4" in error.value.hint
    assert asked in error.value.message or "1.33" in error.value.message


def test_every_pin_has_its_modules() -> None:
    for release in versions.known(FILE):
        pins = versions.resolve(release, FILE)
        parts = {
            "kubernetes": pins.kubernetes,
            "containerd": pins.components.containerd,
            "etcd": pins.components.etcd,
            "crictl": pins.components.crictl,
            "coredns": pins.components.coredns,
            "storage": pins.components.storage,
        }
        for part, version in parts.items():
            folder = FOLDER / "go" / part / version
            assert version in (folder / "go.mod").read_text()
            assert (folder / "go.sum").stat().st_size > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default: "1.36"', 'default: "1.30"'),
        ("release: 1.36.3", "release: 1.35.3"),
        ("etcd: 3.6.8", "etcd: latest"),
        ("go: 1.26.8", "golang: 1.26.8"),
    ],
)
def test_a_wrong_versions_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "versions.yaml").read_text()
    assert old in text
    file = tmp_path / "versions.yaml"
    file.write_text(text.replace(old, new))
    with pytest.raises(ValidationError):
        versions.load(file)
