"""The starter files: copied into the learner's folder, and taken away only where they are unchanged."""

import filecmp
import shutil
from collections.abc import Iterator
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
        for source, path in _pairs(lab, target):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() or path.is_symlink():
                continue
            shutil.copyfile(source, path)
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
    for source, path in _pairs(lab, target):
        if path.is_symlink() or not path.is_file():
            continue
        if not filecmp.cmp(source, path, shallow=False):
            kept.append(path)
            continue
        path.unlink()
        folders.update(parent for parent in path.parents if parent.is_relative_to(target))
    for folder in sorted(folders, key=lambda one: len(one.parts), reverse=True):
        # One that has other files stays.
        with suppress(OSError):
            folder.rmdir()
    return tuple(kept)


def _pairs(lab: Lab, target: Path) -> Iterator[tuple[Path, Path]]:
    starter = lab.folder / "starter"
    for source in sorted(starter.rglob("*")):
        if source.is_file():
            yield source, target / source.relative_to(starter)
