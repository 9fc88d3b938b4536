"""The starter files: copied into the learner's folder, and taken away only where they are unchanged."""

from contextlib import suppress
from pathlib import Path

from labctl.catalog import Lab
from labctl.errors import ToolFailed


def copy_starter(lab: Lab, target: Path) -> tuple[Path, ...]:
    """Copy what isn't there yet, and answer it; a file that is there is never overwritten.

    Raises:
        ToolFailed: the folder can't be written.
    """
    copied = []
    try:
        for name, content in lab.starter().items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() or path.is_symlink():
                continue
            path.write_bytes(content)
            copied.append(path)
    except OSError as err:
        raise ToolFailed(
            f"Could not copy the lab's files into '{target}': {err.strerror or err}.",
            hint="Run this again in a folder that you can write to.",
        ) from err
    return tuple(copied)


def remove_starter(lab: Lab, target: Path) -> tuple[Path, ...]:
    """Remove unchanged copies and the folders that this empties; answer the files that are kept."""
    kept = []
    folders: set[Path] = set()
    for name, content in lab.starter().items():
        path = target / name
        if path.is_symlink() or not path.is_file():
            continue
        if path.read_bytes() != content:
            kept.append(path)
            continue
        path.unlink()
        folders.update(parent for parent in path.parents if parent.is_relative_to(target))
    for folder in sorted(folders, key=lambda one: len(one.parts), reverse=True):
        # One that has other files stays.
        with suppress(OSError):
            folder.rmdir()
    return tuple(kept)
