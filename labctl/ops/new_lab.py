"""`labctl lab new`: a lab that passes lint and `lab test` as it stands, for an author to change."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from labctl.catalog import Catalog
from labctl.course_folders import NUMBERED
from labctl.errors import LabInvalid, ToolFailed, UsageError
from labctl.files import write_whole
from labctl.lab_checks import read_checks
from labctl.lab_folder import LabFolder
from labctl.manifest import CourseFile
from labctl.manifest_problems import load
from labctl.manifest_types import FALLBACK
from labctl.schemas import FILES, file_name, schema

TEMPLATE: Final = Path(__file__).parents[1] / "lab_template"
PLACE: Final = "LAB-ID"
ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST: Final = 40
"""It becomes the cluster's name too."""
COURSE: Final = """\
# yaml-language-server: $schema=schema/course.v1.json
format: labctl/course/v1
title: {en: My labs}
languages: [en]
labs:
"""
TITLE: Final = re.compile(r"^title: .*$", re.MULTILINE)
IN_LANGUAGES: Final = re.compile(r"(README|debrief|messages)\.([a-z]{2,3})\.(md|yaml)")


def new_lab(lab_id: str, folder: Path) -> Path:
    """Make a lab in a folder of labs, which is made too where there is none; answers the lab's.

    Raises:
        UsageError: a bad id, or one that is taken.
        LabInvalid: the course there is broken, or its list of labs can't be added to.
        ToolFailed: the folder can't be written.
    """
    if not ID.fullmatch(lab_id) or len(lab_id) > LONGEST:
        raise UsageError(
            f"'{lab_id}' can't be a lab's id.",
            hint=f"Use up to {LONGEST} lower-case letters, digits and single dashes: my-lab.",
        )
    try:
        return _new_lab(lab_id, folder)
    except OSError as err:
        raise ToolFailed(
            f"Could not make the lab in '{folder}': {err.strerror or err}.",
            hint="Give a folder that can be written with --labs.",
        ) from err


def _new_lab(lab_id: str, folder: Path) -> Path:
    course = folder / "course.yaml"
    text = course.read_text(encoding="utf-8") if course.is_file() else COURSE
    languages = _languages(course, lab_id) if course.is_file() else (FALLBACK,)
    target = folder / f"{_number(folder):03}-{lab_id}"
    folder.mkdir(parents=True, exist_ok=True)
    write_schemas(folder / "schema")
    try:
        _copy(lab_id, target, languages)
        write_whole(course, f"{text.rstrip()}\n  - {{id: {lab_id}}}\n", mode=0o644)
        _read_again(lab_id, folder)
    except BaseException:
        _undo(target, course, text)
        raise
    return target


def _read_again(lab_id: str, folder: Path) -> None:
    """The course with the new lab in it, and the lab."""
    course = folder / "course.yaml"
    try:
        added = lab_id in Catalog(folder).ids()
        details: tuple[str, ...] = () if added else (f"{course}: lab '{lab_id}' is not in 'labs'",)
    except LabInvalid as err:
        added, details = False, err.details
    if not added:
        raise LabInvalid(
            f"'{lab_id}' could not be added at the end of {course}.",
            details=details,
            hint="Let the file end with the list 'labs:', one lab a line, then run this again.",
        )
    Catalog(folder).get(lab_id)


def write_schemas(folder: Path) -> None:
    """The JSON Schemas beside the labs, where the files' first lines point editors to."""
    folder.mkdir(exist_ok=True)
    for name in FILES:
        text = json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
        path = folder / file_name(name)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text, mode=0o644)


def _languages(course: Path, lab_id: str) -> tuple[str, ...]:
    found, problems = load(course, CourseFile, str(course))
    if found is None:
        raise LabInvalid(
            f"The course in '{course}' is broken; nothing was made.",
            details=[str(problem) for problem in problems],
        )
    if lab_id in [lab.id for lab in found.labs]:
        raise UsageError(f"There is a lab '{lab_id}' already.", hint="Choose another id.")
    return found.languages


def _number(folder: Path) -> int:
    """The next ten after the last lab's number."""
    names = [path.name for path in folder.glob("*") if path.is_dir() and NUMBERED.match(path.name)]
    return max((int(name.partition("-")[0]) // 10 * 10 for name in names), default=0) + 10


def _copy(lab_id: str, target: Path, languages: tuple[str, ...]) -> None:
    for name, content in _files(languages):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _titles(content, languages) if name == "lab.yaml" else content
        path.write_text(text.replace(PLACE, lab_id), encoding="utf-8")


def _files(languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The template's files, those of other languages only where the course has them.

    A language that the template does not speak gets the English texts, to be translated.
    """
    for path in sorted(TEMPLATE.rglob("*")):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        name = str(path.relative_to(TEMPLATE))
        spoken = IN_LANGUAGES.fullmatch(name)
        if spoken is None or spoken[2] in languages:
            yield name, path.read_text(encoding="utf-8")
    for language in languages:
        for stem in ("README", "debrief"):
            name = f"{stem}.{language}.md"
            if language != FALLBACK and not (TEMPLATE / name).is_file():
                yield name, (TEMPLATE / f"{stem}.md").read_text(encoding="utf-8")
        name = f"messages.{language}.yaml"
        if not (TEMPLATE / name).is_file():
            yield name, _english_messages()


def _english_messages() -> str:
    """The English texts with the checks' titles, which another language has in its messages too."""
    checks = read_checks(LabFolder(TEMPLATE, TEMPLATE.name)).files.values()
    titles = {name: title for file in checks for name, title in file.titles.items()}
    lines = [f"  {name}: {json.dumps(title)}\n" for name, title in titles.items()]
    english = (TEMPLATE / f"messages.{FALLBACK}.yaml").read_text(encoding="utf-8")
    return f"{english}checks:\n{''.join(lines)}"


def _titles(text: str, languages: tuple[str, ...]) -> str:
    """lab.yaml with a title in each of the course's languages, and in no other."""
    found = yaml.safe_load(text)["title"]
    titles = {language: found.get(language, found[FALLBACK]) for language in languages}
    spelled = ", ".join(
        f"{one}: {json.dumps(it, ensure_ascii=False)}" for one, it in titles.items()
    )
    return TITLE.sub(lambda _: f"title: {{{spelled}}}", text)


def _undo(target: Path, course: Path, text: str) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if text == COURSE:
        course.unlink(missing_ok=True)
    else:
        write_whole(course, text, mode=0o644)
