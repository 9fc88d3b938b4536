"""The folders of a course: `<number>-<lab id>`, each in course.yaml and each id once."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from labctl.source import Problem
from labctl.suggest import did_you_mean

NUMBERED: Final = re.compile(r"^\d+-")


def id_of(folder: Path) -> str:
    """The lab's id that a folder's name tells."""
    return NUMBERED.sub("", folder.name)


def folders_of(course: Path, lab_id: str) -> list[Path]:
    """The folders that are called like a lab."""
    return [folder for folder in _folders(course) if id_of(folder) == lab_id]


def ids(course: Path) -> list[str]:
    """The ids that the folders of labs tell."""
    return [id_of(folder) for folder in _folders(course) if _is_lab(folder)]


def strays(course: Path, known: Sequence[str], name: str) -> list[Problem]:
    """Folders of labs that are not in the course, or whose id another one has. `name` is the course's."""
    problems = []
    for folder in _folders(course):
        if not _is_lab(folder):
            continue
        lab_id = id_of(folder)
        same = folders_of(course, lab_id)
        if len(same) > 1:
            problems += same_id(same, lab_id, name) if folder == same[0] else []
        elif lab_id not in known:
            text = f"is in no course: {name}/course.yaml has no '{lab_id}'"
            missing = [one for one in known if not folders_of(course, one)]
            near = did_you_mean(lab_id, missing)
            problems.append(Problem(f"{name}/{folder.name}", 0, text + near))
    return problems


def same_id(folders: Iterable[Path], lab_id: str, name: str) -> list[Problem]:
    """One problem for folders that have one id."""
    first, *others = [folder.name for folder in folders]
    text = f"is a lab '{lab_id}' too, like {first}: each id is there once"
    return [Problem(f"{name}/{other}", 0, text) for other in others]


def _is_lab(folder: Path) -> bool:
    return bool(NUMBERED.match(folder.name)) or (folder / "lab.yaml").is_file()


def _folders(course: Path) -> list[Path]:
    return sorted(one for one in course.iterdir() if one.is_dir()) if course.is_dir() else []
