"""Which version of a lab it is: one digest over its files."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from labctl.errors import LabInvalid

IGNORED = frozenset({"__pycache__", ".git", ".DS_Store"})


def lab_digest(folder: Path) -> str:
    """`sha256:...` over the files of a folder: the same on every machine for the same lab.

    What counts is each file's path in the folder and its content, and for a link the text of its
    target, wherever that leads. Modes, times and empty folders don't count, nor do what Python,
    git and a file manager leave (`__pycache__`, `.git`, `.DS_Store`), with all below them.

    Raises:
        LabInvalid: something in the folder can't be read.
    """
    digest = hashlib.sha256()
    try:
        for name, path in sorted(_files(folder)):
            kind, content = _content(path)
            # No path has a NUL in it, so no two folders are written alike.
            digest.update(b"\0".join((kind, name, content, b"")))
    except OSError as err:
        raise LabInvalid(
            f"The lab's files can't be read: '{err.filename}': {err.strerror or err}."
        ) from err
    return f"sha256:{digest.hexdigest()}"


def _files(folder: Path) -> Iterator[tuple[bytes, Path]]:
    """Files and links below a folder, with their paths in it as bytes: no locale decides the order."""
    for parent, folders, files in os.walk(folder, onerror=_fail):
        folders[:] = [name for name in folders if _counts(name)]
        for name in (*files, *folders):
            path = Path(parent, name)
            if _counts(name) and (path.is_symlink() or path.is_file()):
                yield os.fsencode(path.relative_to(folder).as_posix()), path


def _content(path: Path) -> tuple[bytes, bytes]:
    if path.is_symlink():
        # Path.readlink would make `./a` and `a` one.
        return b"link", os.readlink(os.fsencode(path))  # noqa: PTH115
    with path.open("rb") as file:
        return b"file", hashlib.file_digest(file, "sha256").hexdigest().encode()


def _counts(name: str) -> bool:
    return name not in IGNORED


def _fail(err: OSError) -> None:
    raise err
