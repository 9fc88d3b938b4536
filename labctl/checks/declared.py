"""Checks in their short form (checks/*.yaml), made into the same functions that Python would give."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from labctl.checks.api import Mismatch, Missing, NotYet, check
from labctl.checks.views import KubeView
from labctl.manifest_checks import ChecksFile, DeclaredCheck
from labctl.params import fill
from labctl.resource import plain
from labctl.source import read

MODULE: Final = """from pathlib import Path
from labctl.checks.declared import functions
globals().update(functions(Path({path!r}), {params!r}, __name__))
"""
"""A module of checks for pytest, since it collects from modules."""


def functions(
    path: Path, params: Mapping[str, str | int], module: str
) -> dict[str, Callable[..., Any]]:
    """The checks of a file, by name, as members of a module."""
    file = ChecksFile.model_validate(fill(read(path).data, params))
    return {one.name: _function(one, module) for one in file.checks}


def differences(wanted: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where an object does not match a partial one: dotted place, expected, found.

    A mapping must have the wanted keys, others may be there. Lists are compared item by item, and
    must be equally long. All else must be equal.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            yield from differences(value, found.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif wanted != found:
        yield place, wanted, found


def _function(declared: DeclaredCheck, module: str) -> Callable[..., Any]:
    def look(kube: KubeView) -> Any:
        wanted = declared.object
        found = kube.get(
            wanted.apiVersion, wanted.kind, wanted.name, wanted.namespace, code=declared.missing
        )
        differ = list(differences(declared.match, plain(found)))
        if differ:
            raised: type[Mismatch | Missing | NotYet] = NotYet if declared.waiting else Mismatch
            raise raised(
                declared.code,
                expected={place: value for place, value, _ in differ},
                actual={place: value for place, _, value in differ},
                about=found,
            )
        return found

    look.__name__ = declared.name
    look.__doc__ = declared.title
    look.__module__ = module
    return check(needs=declared.needs, within=declared.within, stable=declared.stable)(look)
