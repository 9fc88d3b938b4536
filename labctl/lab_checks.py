"""A lab's checks as their files tell them: names, codes, titles. No code of a lab is run for this."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from labctl.manifest_checks import ChecksFile
from labctl.manifest_problems import load
from labctl.source import Problem, Unreadable, read_text

RAISED: Final = ("Mismatch", "Missing", "NotYet")


@dataclass
class Found:
    """What a check file defines and uses, with the lines."""

    checks: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def check_files(folder: Path) -> tuple[Path, ...]:
    """The Python files that hold a lab's checks."""
    return tuple(sorted(folder.glob("checks/check_*.py")))


def declared_files(folder: Path) -> tuple[Path, ...]:
    """The files of checks in their short form."""
    return tuple(sorted(folder.glob("checks/*.yaml")))


def read_checks(folder: Path, prefix: str) -> tuple[dict[str, Found], list[Problem]]:
    """What every check file has, by its name in messages, and what is wrong with them."""
    found: dict[str, Found] = {}
    problems: list[Problem] = []
    for path in check_files(folder):
        name = f"{prefix}/checks/{path.name}"
        try:
            found[name] = _python(ast.parse(read_text(path)))
        except Unreadable as err:
            problems.append(Problem(name, err.line, err.text))
        except SyntaxError as err:
            problems.append(Problem(name, err.lineno or 0, f"is not valid Python: {err.msg}"))
        except (ValueError, RecursionError, MemoryError) as err:
            problems.append(Problem(name, 0, f"is not valid Python: {err}"))
    for path in declared_files(folder):
        name = f"{prefix}/checks/{path.name}"
        file, wrong = load(path, ChecksFile, name)
        problems += wrong
        if file:
            found[name] = _declared(file)
    return found, problems


def _declared(file: ChecksFile) -> Found:
    codes = [code for one in file.checks for code in (one.missing, one.code) if code]
    return Found(
        checks=dict.fromkeys((one.name for one in file.checks), 0),
        codes=dict.fromkeys(codes, 0),
        titles={one.name: one.title for one in file.checks},
    )


def _python(tree: ast.Module) -> Found:
    found = Found()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_check, node.decorator_list)):
            found.checks[node.name] = node.lineno
            found.titles[node.name] = (ast.get_docstring(node) or node.name).splitlines()[0]
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
