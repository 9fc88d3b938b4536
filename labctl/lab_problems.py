"""What a lab's files must have beyond their own shape: each other."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from labctl import guide
from labctl.lab_checks import Found, read_checks
from labctl.manifest import LabFile
from labctl.manifest_checks import MistakeFile
from labctl.manifest_problems import load
from labctl.manifest_texts import MessagesFile
from labctl.manifest_types import FALLBACK
from labctl.params import PLACE
from labctl.source import Problem, Unreadable, inside, read_all, read_text
from labctl.suggest import did_you_mean
from labctl.texts import BUILTIN


def examine(
    folder: Path, prefix: str, lab: LabFile, messages: Mapping[str, MessagesFile]
) -> list[Problem]:
    """Every problem between the files of a lab. `prefix` is the folder in the messages."""
    problems = list(_files(folder, prefix))
    if problems:  # what can't be opened safely is not looked into
        return problems
    found, problems = read_checks(folder, prefix)
    problems += _checks(lab, prefix, found)
    problems += _guides(folder, prefix, lab, messages)
    for language, texts in messages.items():
        problems += _texts(lab, prefix, found, language, texts)
    problems += _images(folder, prefix, lab)
    problems += _manifests(folder, prefix)
    problems += _solutions(folder, prefix, lab)
    problems += _mistakes(folder, prefix, lab, found)
    if not problems:  # else a file may not be readable
        problems += _params(folder, prefix, lab)
    return problems


def _files(folder: Path, prefix: str) -> Iterator[Problem]:
    """Links that lead out, and what is neither file nor folder: a named pipe is never read to its end."""
    for place, folders, files in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *files)):
            name = f"{prefix}/{path.relative_to(folder)}"
            if path.is_symlink() and not inside(folder, path):
                yield Problem(name, 0, "is a link that leads out of the lab's folder")
            elif not path.is_dir() and not path.is_file():
                yield Problem(name, 0, "is neither a file nor a folder")


def _checks(lab: LabFile, prefix: str, found: Mapping[str, Found]) -> Iterator[Problem]:
    there = [name for file in found.values() for name in file.checks]
    wanted = lab.checks
    for name in wanted:
        if name not in there:
            text = f"check '{name}' is in no checks/check_*.py or *.yaml{did_you_mean(name, there)}"
            yield Problem(f"{prefix}/lab.yaml", 0, text)
    for file, one in found.items():
        for name, line in one.checks.items():
            if there.count(name) > 1:
                yield Problem(file, line, f"check '{name}' is there twice")
            if name not in wanted:
                text = f"check '{name}' belongs to no step{did_you_mean(name, wanted)}"
                yield Problem(file, line, text)


def _guides(
    folder: Path, prefix: str, lab: LabFile, messages: Mapping[str, MessagesFile]
) -> Iterator[Problem]:
    for language in messages:
        yield from _titles(folder, prefix, lab, language)
        name = "README.md" if language == FALLBACK else f"README.{language}.md"
        path = folder / name
        if not path.is_file():
            yield Problem(f"{prefix}/{name}", 0, "is missing")
            continue
        try:
            anchors = {anchor for _, anchor in guide.lines(read_text(path))}
        except Unreadable as err:
            yield Problem(f"{prefix}/{name}", err.line, err.text)
            continue
        for step in lab.steps:
            if step.id not in anchors:
                text = f"has no heading for step '{step.id}': ## Title {{#{step.id}}}"
                yield Problem(f"{prefix}/{name}", 0, text)


def _titles(folder: Path, prefix: str, lab: LabFile, language: str) -> Iterator[Problem]:
    if language not in lab.title:
        yield Problem(f"{prefix}/lab.yaml", 0, f"title: has no text in '{language}'")
    debrief = folder / ("debrief.md" if language == FALLBACK else f"debrief.{language}.md")
    name = f"{prefix}/{debrief.name}"
    if debrief.is_file():
        try:
            read_text(debrief)
        except Unreadable as err:
            yield Problem(name, err.line, err.text)
    elif (folder / "debrief.md").is_file():
        yield Problem(name, 0, "is missing")


def _texts(
    lab: LabFile, prefix: str, found: Mapping[str, Found], language: str, texts: MessagesFile
) -> Iterator[Problem]:
    name = f"{prefix}/messages.{language}.yaml"
    yield from _codes(name, found, texts)
    steps = [step.id for step in lab.steps]
    for step in steps:
        if step not in texts.steps:
            yield Problem(name, 0, f"steps: step '{step}' has no text")
    for step in texts.steps:
        if step not in steps:
            near = did_you_mean(step, steps)
            yield Problem(name, 0, f"steps: there is no step '{step}'{near}")
    checks = lab.checks
    for check in texts.checks:
        if check not in checks:
            near = did_you_mean(check, checks)
            yield Problem(name, 0, f"checks: there is no check '{check}'{near}")
    untitled = [] if language == FALLBACK else [one for one in checks if one not in texts.checks]
    # In English the docstring is the title.
    yield from (Problem(name, 0, f"checks: check '{one}' has no title") for one in untitled)


def _codes(name: str, found: Mapping[str, Found], texts: MessagesFile) -> Iterator[Problem]:
    for file, one in found.items():
        for code, line in one.codes.items():
            if code not in texts.codes and code not in BUILTIN:
                near = did_you_mean(code, texts.codes)
                yield Problem(file, line, f"code '{code}' has no text in {name}{near}")


def _images(folder: Path, prefix: str, lab: LabFile) -> Iterator[Problem]:
    for image in lab.images:
        if not (folder / image.build / "Dockerfile").is_file():
            yield Problem(f"{prefix}/lab.yaml", 0, f"images: '{image.build}' has no Dockerfile")


def _manifests(folder: Path, prefix: str) -> Iterator[Problem]:
    patterns = ("scene/*.yaml", "solutions/*/*.yaml", "mistakes/*/*.yaml")
    for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
        if path.name == "expect.yaml":
            continue
        name = f"{prefix}/{path.relative_to(folder)}"
        try:
            documents = read_all(path)
        except Unreadable as err:
            yield Problem(name, err.line, err.text)
            continue
        for document in documents:
            data = document.data
            if not isinstance(data, dict) or not {"apiVersion", "kind"} <= data.keys():
                yield Problem(name, document.line(()), "is no manifest: apiVersion, kind")


def _solutions(folder: Path, prefix: str, lab: LabFile) -> Iterator[Problem]:
    names = [one.name for one in sorted(folder.glob("solutions/*")) if one.is_dir()]
    if not names:
        yield Problem(f"{prefix}/solutions", 0, "has no solution")
    elif len(names) > 1 and "default" not in names:
        yield Problem(f"{prefix}/solutions", 0, "has several solutions and none called 'default'")
    steps = [step.id for step in lab.steps]
    for path in [*folder.glob("solutions/*/*"), *folder.glob("mistakes/*/*")]:
        if (
            path.suffix in (".sh", ".yaml")
            and path.name != "expect.yaml"
            and path.stem not in steps
        ):
            text = f"belongs to no step{did_you_mean(path.stem, steps)}"
            yield Problem(f"{prefix}/{path.relative_to(folder)}", 0, text)


def _mistakes(
    folder: Path, prefix: str, lab: LabFile, found: Mapping[str, Found]
) -> Iterator[Problem]:
    checks = {step.id: step.checks for step in lab.steps}
    everything = [check for group in checks.values() for check in group]
    codes = {*BUILTIN, *(code for file in found.values() for code in file.codes)}
    for one in sorted(path for path in folder.glob("mistakes/*") if path.is_dir()):
        name = f"{prefix}/mistakes/{one.name}/expect.yaml"
        mistake, problems = load(one / "expect.yaml", MistakeFile, name)
        yield from problems
        if mistake is None:
            continue
        if not (folder / "solutions" / mistake.solution).is_dir():
            yield Problem(name, 0, f"solution: there is no solution '{mistake.solution}'")
        if mistake.step not in checks:
            near = did_you_mean(mistake.step, checks)
            yield Problem(name, 0, f"step: there is no step '{mistake.step}'{near}")
        if mistake.check not in everything:
            near = did_you_mean(mistake.check, everything)
            yield Problem(name, 0, f"check: there is no check '{mistake.check}'{near}")
        if mistake.code not in codes:
            near = did_you_mean(mistake.code, codes)
            yield Problem(name, 0, f"code: no check raises '{mistake.code}'{near}")


def _params(folder: Path, prefix: str, lab: LabFile) -> Iterator[Problem]:
    """`{{name}}` of a lab with parameters must be one of them."""
    patterns = (
        "*.md",
        "messages.*.yaml",
        "scene/*.yaml",
        "solutions/*/*.yaml",
        "mistakes/*/*.yaml",
    )
    for path in (path for pattern in patterns if lab.params for path in folder.glob(pattern)):
        for number, line in enumerate(read_text(path).splitlines(), 1):
            for name in PLACE.findall(line):
                if name not in lab.params:
                    text = f"there is no parameter '{name}'{did_you_mean(name, lab.params)}"
                    yield Problem(f"{prefix}/{path.relative_to(folder)}", number, text)
