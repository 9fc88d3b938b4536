"""The work that a learner hands in: a folder of small files by a stranger."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from labctl.errors import UsageError
from labctl.source import Unreadable, read_all

MOST_FILES: Final = 500
MOST_BYTES: Final = 16 << 20


def find_work(receipt: Path, lab: str, chosen: Path | None) -> Path:
    """The folder of the work: the chosen one, or one beside the receipt.

    Raises:
        UsageError: there is none.
    """
    beside = receipt.absolute().parent
    # One of the receipt's own name goes first: the receipts of a class may lie in one folder.
    names = [receipt.stem, lab, f"labctl-{lab}"]
    folders = [chosen] if chosen else [beside / name for name in names]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        where = f"no folder '{chosen}'" if chosen else f"no folder {_or(names)} beside it"
        raise UsageError(
            f"No work was handed in with '{receipt}': there is {where}.",
            hint="Name the folder with --work DIR.",
        )
    return found


def copy_work(source: Path, target: Path) -> tuple[str, ...]:
    """Copy plain files, over what is there; answers sentences on what was left out.

    Links stay out: they lead to the teacher's own files. So do names that begin with a dot.

    Raises:
        UsageError: it can't be read, or there is more than a lab's work can be.
    """
    left: list[str] = []
    files = size = 0
    try:
        for path in _walk(source):
            name = path.relative_to(source)
            if not _plain(path):
                left.append(f"'{name}' was left out: it is a link or no file.")
                continue
            files, size = files + 1, size + path.stat().st_size
            if files > MOST_FILES or size > MOST_BYTES:
                raise UsageError(
                    f"'{source}' is too large for a lab's work: more than {MOST_FILES} files or"
                    f" {MOST_BYTES >> 20} MiB."
                )
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
    except OSError as err:
        raise UsageError(f"The work in '{source}' can't be read: {err.strerror or err}.") from err
    return tuple(left[:5])


def step_files(work: Path, steps: Sequence[str]) -> dict[str, tuple[str, str]]:
    """For each step that has one: its script's name and its manifest's, empty where it has none."""
    found = {}
    for step in steps:
        names = [f"{step}{ending}" for ending in (".sh", ".yaml")]
        script, manifest = (name if _plain(work / name) else "" for name in names)
        if script or manifest:
            found[step] = (script, manifest)
    return found


def plain_manifests(work: Path) -> list[str]:
    """The paths of all YAML files in the work, in the order of their names."""
    found = (path for path in _walk(work) if path.suffix in (".yaml", ".yml") and _plain(path))
    return sorted(str(path.relative_to(work)) for path in found)


def documents(path: Path) -> list[Mapping[str, Any]]:
    """The Kubernetes objects in a file; other YAML, such as an answer sheet, has none.

    Raises:
        UsageError: it can't be read.
    """
    try:
        found = [document.data for document in read_all(path)]
    except Unreadable as err:
        line = f", line {err.line}" if err.line else ""
        raise UsageError(f"'{path.name}' {err.text}{line}.") from err
    return [one for one in found if isinstance(one, dict) and {"apiVersion", "kind"} <= one.keys()]


def _walk(folder: Path) -> Iterator[Path]:
    """Files and links below a folder; links are not followed, names with a dot are left out."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if name not in links and not name.startswith(".")
        )
        yield from (
            Path(parent, name) for name in sorted([*files, *links]) if not name.startswith(".")
        )


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _or(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in dict.fromkeys(names)]
    return " or ".join(quoted)
