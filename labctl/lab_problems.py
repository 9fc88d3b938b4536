"""What a lab's files must have beyond their own shape: each other."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from labctl import guide
from labctl.manifest import FALLBACK, LabFile, MessagesFile, MistakeFile
from labctl.manifest_problems import load
from labctl.source import Problem, Unreadable, inside, read_all
from labctl.suggest import did_you_mean
from labctl.texts import BUILTIN

RAISED: Final = ("Mismatch", "Missing", "NotYet")


@dataclass
class Found:
    """What a check file defines and uses, read from its text: labs' code is not run for this."""

    checks: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)


def examine(
    folder: Path, prefix: str, lab: LabFile, messages: Mapping[str, MessagesFile]
) -> list[Problem]:
    """Every problem between the files of a lab. `prefix` is the folder in the messages."""
    found, problems = _read_checks(folder, prefix)
    problems += _links(folder, prefix)
    problems += _checks(lab, prefix, found)
    problems += _guides(folder, prefix, lab, messages)
    for language, texts in messages.items():
        problems += _texts(lab, prefix, found, language, texts)
    problems += _images(folder, prefix, lab)
    problems += _manifests(folder, prefix)
    problems += _solutions(folder, prefix, lab)
    problems += _mistakes(folder, prefix, lab, found)
    return problems


def docstrings_of(files: Iterable[Path]) -> dict[str, str]:
    """The first line of each check's docstring, or its name."""
    return {
        node.name: (ast.get_docstring(node) or node.name).splitlines()[0]
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any(map(_is_check, node.decorator_list))
    }


def _read_checks(folder: Path, prefix: str) -> tuple[dict[str, Found], list[Problem]]:
    found: dict[str, Found] = {}
    problems = []
    for path in sorted(folder.glob("checks/check_*.py")):
        name = f"{prefix}/checks/{path.name}"
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as err:
            problems.append(Problem(name, err.lineno or 0, f"is not valid Python: {err.msg}"))
        except (OSError, ValueError) as err:
            problems.append(Problem(name, 0, f"can't be read: {err}"))
        else:
            found[name] = _read_check(tree)
    return found, problems


def _read_check(tree: ast.Module) -> Found:
    found = Found()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_check, node.decorator_list)):
            found.checks[node.name] = node.lineno
        elif isinstance(node, ast.Call):
            for code in _codes(node):
                found.codes.setdefault(code, node.lineno)
    return found


def _is_check(node: ast.expr) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Name) and target.id == "check"


def _codes(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id in RAISED:
        yield from (_string(argument) for argument in call.args[:1] if _string(argument))
    for keyword in call.keywords:
        if keyword.arg == "code" and _string(keyword.value):
            yield _string(keyword.value)


def _string(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _links(folder: Path, prefix: str) -> Iterator[Problem]:
    for path in folder.rglob("*"):
        if path.is_symlink() and not inside(folder, path):
            name = f"{prefix}/{path.relative_to(folder)}"
            yield Problem(name, 0, "is a link that leads out of the lab's folder")


def _checks(lab: LabFile, prefix: str, found: Mapping[str, Found]) -> Iterator[Problem]:
    there = [name for file in found.values() for name in file.checks]
    wanted = [name for step in lab.steps for name in step.checks]
    for name in wanted:
        if name not in there:
            text = f"check '{name}' is in no checks/check_*.py{did_you_mean(name, there)}"
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
        name = "README.md" if language == FALLBACK else f"README.{language}.md"
        path = folder / name
        if not path.is_file():
            yield Problem(f"{prefix}/{name}", 0, "is missing")
            continue
        anchors = {anchor for _, anchor in guide.lines(path.read_text(encoding="utf-8"))}
        for step in lab.steps:
            if step.id not in anchors:
                text = f"has no heading for step '{step.id}': ## Title {{#{step.id}}}"
                yield Problem(f"{prefix}/{name}", 0, text)


def _texts(
    lab: LabFile, prefix: str, found: Mapping[str, Found], language: str, texts: MessagesFile
) -> Iterator[Problem]:
    name = f"{prefix}/messages.{language}.yaml"
    for file, one in found.items():
        for code, line in one.codes.items():
            if code not in texts.codes and code not in BUILTIN:
                near = did_you_mean(code, texts.codes)
                yield Problem(file, line, f"code '{code}' has no text in {name}{near}")
    steps = [step.id for step in lab.steps]
    for step in steps:
        if step not in texts.steps:
            yield Problem(name, 0, f"steps: step '{step}' has no text")
    for step in texts.steps:
        if step not in steps:
            near = did_you_mean(step, steps)
            yield Problem(name, 0, f"steps: there is no step '{step}'{near}")
    checks = [name for step in lab.steps for name in step.checks]
    for check in texts.checks:
        if check not in checks:
            near = did_you_mean(check, checks)
            yield Problem(name, 0, f"checks: there is no check '{check}'{near}")


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
        everything = [check for group in checks.values() for check in group]
        if mistake.check not in everything:
            near = did_you_mean(mistake.check, everything)
            yield Problem(name, 0, f"check: there is no check '{mistake.check}'{near}")
        if mistake.code not in codes:
            near = did_you_mean(mistake.code, codes)
            yield Problem(name, 0, f"code: no check raises '{mistake.code}'{near}")
