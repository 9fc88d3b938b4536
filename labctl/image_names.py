"""Full names of images, so that a short name means the same on every runtime."""

import re
from collections.abc import Iterable
from typing import Final

from labctl.errors import UsageError

_HOST: Final = re.compile(r"[a-zA-Z0-9.-]+(:\d+)?")
_PATH: Final = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def qualified(reference: str) -> str:
    """`app` -> `docker.io/library/app:latest`, as Docker reads it.

    Raises:
        UsageError: it is no name of an image; a digest is none, for a Pod could not call it.
    """
    name, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        name, tag = reference, "latest"
    host, slash, path = name.partition("/")
    if not slash or not (set(host) & {".", ":"} or host == "localhost"):
        host, path = "docker.io", name
    if host in {"docker.io", "index.docker.io"}:
        host = "docker.io"
        path = path if "/" in path else f"library/{path}"
    if not (_HOST.fullmatch(host) and _PATH.fullmatch(path) and _TAG.fullmatch(tag)):
        raise UsageError(
            f"'{reference}' is not the name of an image.",
            hint="Give a name with a tag, such as app:1. To name an image: docker tag ID app:1",
        )
    return f"{host}/{path}:{tag}"


def short(reference: str) -> str:
    """`docker.io/library/app:1` -> `app:1`, as Docker lists it."""
    name = qualified(reference)
    return name.removeprefix("docker.io/library/").removeprefix("docker.io/")


def digest(image_id: str) -> str:
    """An image id with its algorithm: CRI-O writes the bare hexadecimal digits."""
    return image_id if ":" in image_id else f"sha256:{image_id}"


def names(tags: Iterable[str] | None) -> tuple[str, ...]:
    """The full names among what a runtime calls an image's tags.

    The Docker Engine leaves out the registry's name, and may call an image without one `<none>`.
    """
    return tuple(qualified(tag) for tag in tags or () if not tag.startswith("<none>"))
