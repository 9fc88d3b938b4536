"""A lab's checks as their files tell them: names, needs, codes, titles. No code of a lab is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from labctl.lab_folder import LabFolder
from labctl.manifest_checks import ChecksFile
from labctl.manifest_problems import Loaded
from labctl.source import Problem, Unreadable

RAISED: Final = ("Mismatch", "Missing", "NotYet")
PYTHON: Final = "checks/check_*.py"
DECLARED: Final = "checks/*.yaml"


@dataclass
class Found:
    """What a check file defines and uses, with the lines."""

    checks: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    needs: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """By check: the names that it needs, and their lines."""


@dataclass
class Checks:
    """All of a lab's check files, by their names in messages."""

    files: dict[str, Found] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    """Whether each file could be read: else a name may be in one that could not."""

    @property
    def names(self) -> list[str]:
        """Every check's name; one that is there twice comes twice."""
        return [name for file in self.files.values() for name in file.checks]

    @property
    def codes(self) -> set[str]:
        """Every code that a check may raise."""
        return {code for file in self.files.values() for code in file.codes}


def check_files(folder: Path) -> tuple[Path, ...]:
    """The Python files that hold a lab's checks."""
    return tuple(sorted(folder.glob(PYTHON)))


def declared_files(folder: Path) -> tuple[Path, ...]:
    """The files of checks in their short form."""
    return tuple(sorted(folder.glob(DECLARED)))


def read_checks(folder: LabFolder) -> Checks:
    """What every check file has, and what is wrong with them."""
    checks = Checks()
    for path in folder.glob(PYTHON):
        name = folder.called(path)
        try:
            checks.files[name] = _python(ast.parse(folder.text(path)))
            continue
        except Unreadable as err:
            problem = Problem(name, err.line, err.text)
        except SyntaxError as err:
            problem = Problem(name, err.lineno or 0, f"is not valid Python: {err.msg}")
        except (ValueError, RecursionError, MemoryError) as err:
            problem = Problem(name, 0, f"is not valid Python: {err}")
        checks.problems.append(problem)
        checks.whole = False
    for path in folder.glob(DECLARED):
        file = folder.load(path, ChecksFile)
        checks.problems += file.problems
        checks.whole = checks.whole and file.document is not None
        checks.files[file.name] = _declared(file)
    return checks


def _declared(file: Loaded[ChecksFile]) -> Found:
    """From the document, not the model: one wrong key does not make its checks unknown."""
    found = Found()
    entries = file.value("checks")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        place = ("checks", number)
        found.checks[name] = _line(file, *place, "name")
        found.titles[name] = str(entry.get("title", name)).strip()
        for key in ("missing", "code"):
            if isinstance(entry.get(key), str):
                found.codes.setdefault(entry[key], _line(file, *place, key))
        needs = entry.get("needs")
        found.needs[name] = [
            (need, _line(file, *place, "needs", index))
            for index, need in enumerate(needs if isinstance(needs, list) else ())
            if isinstance(need, str)
        ]
    return found


def _line(file: Loaded[ChecksFile], *place: str | int) -> int:
    return file.document.line(place) if file.document else 0


def _python(tree: ast.Module) -> Found:
    found = Found()
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions: list[tuple[int, ast.FunctionDef, ast.expr]] = []
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef):
            marks = [mark for mark in node.decorator_list if _is_check(mark)]
            functions += [(node.lineno, node, mark) for mark in marks[:1]]
        elif isinstance(node, ast.Call):
            for code in _codes(node):
                found.codes[code] = min(node.lineno, found.codes.get(code, node.lineno))
    for line, function, mark in sorted(functions, key=lambda one: one[0]):
        found.checks[function.name] = line
        found.titles[function.name] = (ast.get_docstring(function) or function.name).splitlines()[0]
        found.needs[function.name] = list(_needs(mark, constants))
    return found


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """As ast.walk, in another order and twice as fast."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.expr | ast.arguments | ast.stmt):
                waiting.append(value)


def _is_check(node: ast.expr) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Name) and target.id == "check"


def _needs(mark: ast.expr, constants: dict[str, ast.expr]) -> Iterator[tuple[str, int]]:
    """The names in `@check(needs=...)`; what only running the code could tell is left out."""
    for keyword in mark.keywords if isinstance(mark, ast.Call) else ():
        if keyword.arg == "needs":
            yield from _named(keyword.value, constants)


def _named(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        for one in node.elts:
            yield from _named(one, constants)
    elif _string(node):
        yield _string(node), node.lineno
    elif isinstance(node, ast.Name):
        rest = {name: value for name, value in constants.items() if name != node.id}
        if node.id in constants:  # NEEDS = [one, two]
            yield from ((name, node.lineno) for name, _ in _named(constants[node.id], rest))
        else:
            yield node.id, node.lineno


def _codes(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id in RAISED:
        yield from (_string(argument) for argument in call.args[:1] if _string(argument))
    for keyword in call.keywords:
        if keyword.arg == "code" and _string(keyword.value):
            yield _string(keyword.value)


def _string(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
