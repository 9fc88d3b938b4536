"""What a lab's files must have beyond their own shape: each other."""

from collections.abc import Iterator, Mapping, Sequence

from labctl.check_problems import examine_checks
from labctl.file_problems import too_large, unread, unsafe
from labctl.lab_checks import Checks, read_checks
from labctl.lab_folder import LabFolder
from labctl.lab_outline import Outline, outline
from labctl.manifest import LabFile
from labctl.manifest_checks import MistakeFile
from labctl.manifest_problems import Loaded
from labctl.manifest_texts import MessagesFile
from labctl.place_problems import examine_places, examine_values
from labctl.source import Problem, Unreadable
from labctl.suggest import did_you_mean
from labctl.text_problems import examine_guides, examine_messages
from labctl.texts import BUILTIN

MANIFESTS = ("scene/*.yaml", "solutions/*/*.yaml", "mistakes/*/*.yaml")


def examine(
    folder: LabFolder, file: Loaded[LabFile], languages: Mapping[str, Loaded[MessagesFile]]
) -> list[Problem]:
    """Every problem of a lab's files and between them.

    What can't be read is told and then left out: the rest is compared all the same.
    """
    refused = list(unsafe(folder))
    problems = [*file.problems, *(one for texts in languages.values() for one in texts.problems)]
    if refused:  # what can't be opened safely is not looked into
        return [*refused, *problems]
    lab = outline(file)
    checks = read_checks(folder)
    problems += too_large(folder)
    problems += unread(folder, tuple(languages))
    problems += examine_checks(lab, checks)
    problems += examine_guides(folder, lab, languages)
    problems += examine_messages(lab, checks, languages)
    problems += _images(folder, lab)
    problems += _manifests(folder)
    problems += _solutions(folder, lab)
    problems += _mistakes(folder, lab, checks)
    problems += examine_places(folder, lab)
    problems += examine_values(languages)
    return problems


def _images(folder: LabFolder, lab: Outline) -> Iterator[Problem]:
    there = [name.rpartition("/")[0] for name in folder.glob("**/Dockerfile")]
    images = lab.file.value("images")
    for number in range(len(images) if isinstance(images, list) else 0):
        place = ("images", number, "build")
        build = lab.file.value(*place)
        if isinstance(build, str) and build.removeprefix("./").rstrip("/") not in there:
            near = did_you_mean(build, there)
            yield lab.problem(place, f"images: '{build}' has no Dockerfile{near}")


def _manifests(folder: LabFolder) -> Iterator[Problem]:
    for path in folder.glob(*MANIFESTS):
        if path.endswith("/expect.yaml"):
            continue
        name = folder.called(path)
        try:
            documents = folder.documents(path)
        except Unreadable as err:
            yield Problem(name, err.line, err.text)
            continue
        for document in documents:
            data = document.data
            if data is None:
                continue
            if not isinstance(data, dict) or not {"apiVersion", "kind"} <= data.keys():
                yield Problem(name, document.line(()), "is no manifest: apiVersion, kind")


def _solutions(folder: LabFolder, lab: Outline) -> Iterator[Problem]:
    names = _below(folder, "solutions")
    if not names:
        yield Problem(folder.called("solutions"), 0, "has no solution")
    elif len(names) > 1 and "default" not in names:
        near = did_you_mean("default", names)
        text = f"has several solutions and none called 'default'{near}"
        yield Problem(folder.called("solutions"), 0, text)
    for path in folder.glob("solutions/*/*.sh", "mistakes/*/*.sh", *MANIFESTS[1:]):
        step = path.rpartition("/")[2].rpartition(".")[0]
        if lab.steps is not None and step not in lab.steps and not path.endswith("/expect.yaml"):
            text = f"belongs to no step{did_you_mean(step, lab.steps)}"
            yield Problem(folder.called(path), 0, text)


def _mistakes(folder: LabFolder, lab: Outline, checks: Checks) -> Iterator[Problem]:
    solutions = _below(folder, "solutions")
    codes = {*BUILTIN, *checks.codes} if checks.whole else None
    for one in _below(folder, "mistakes"):
        file = folder.load(f"mistakes/{one}/expect.yaml", MistakeFile)
        yield from file.problems
        if file.model:
            yield from _mistake(file, file.model, lab, solutions, codes)


def _mistake(
    file: Loaded[MistakeFile],
    mistake: MistakeFile,
    lab: Outline,
    solutions: Sequence[str],
    codes: set[str] | None,
) -> Iterator[Problem]:
    known = (
        ("solution", mistake.solution, "there is no solution", solutions),
        ("step", mistake.step, "there is no step", lab.steps),
        ("check", mistake.check, "there is no check", lab.of_steps if lab.whole else None),
        ("code", mistake.code, "no check raises", codes),
    )
    for key, value, said, there in known:
        if there is not None and value not in there:
            text = f"{key}: {said} '{value}'{did_you_mean(value, there)}"
            yield file.problem((key,), text)


def _below(folder: LabFolder, name: str) -> list[str]:
    """The names of the folders in one."""
    parts = [one.split("/") for one in folder.folders]
    return [one[1] for one in parts if len(one) == 2 and one[0] == name]
