"""What a lab.yaml says as far as it can be read: one error in it does not hide all others."""

from dataclasses import dataclass

from labctl.manifest import LabFile
from labctl.manifest_problems import Loaded
from labctl.source import Place, Problem


@dataclass(frozen=True, slots=True)
class Outline:
    """Names and where they stand. None is what can't be read: nothing is compared with it then."""

    file: Loaded[LabFile]
    steps: dict[str, Place] | None
    checks: dict[str, Place]
    """The scene's and the steps' checks."""
    of_steps: frozenset[str]
    """Those of steps alone."""
    by_step: dict[str, tuple[str, ...]]
    needs: dict[str, tuple[str, ...]]
    """The steps that a step needs."""
    whole: bool
    """Whether all checks could be read."""
    params: frozenset[str] | None
    languages: frozenset[str] | None
    """Those that have a title."""

    def problem(self, place: Place, text: str) -> Problem:
        """Something wrong in lab.yaml."""
        return self.file.problem(place, text)


def outline(file: Loaded[LabFile]) -> Outline:
    """Read what can be read of a lab.yaml."""
    scene, whole = _names(file, ("scene", "checks"))
    checks: dict[str, Place] = dict(scene)
    of_steps: set[str] = set()
    steps: dict[str, Place] = {}
    by_step: dict[str, tuple[str, ...]] = {}
    needs: dict[str, tuple[str, ...]] = {}
    entries = file.value("steps")
    readable = isinstance(entries, list)
    for number in range(len(entries) if readable else 0):
        name = file.value("steps", number, "id")
        if not isinstance(name, str):
            readable = False
            continue
        own, good = _names(file, ("steps", number, "checks"))
        whole = whole and good and bool(own)
        steps.setdefault(name, ("steps", number, "id"))
        by_step[name] = tuple(check for check, _ in own)
        needs[name] = tuple(need for need, _ in _names(file, ("steps", number, "needs"))[0])
        of_steps |= {check for check, _ in own}
        for check, place in own:
            checks.setdefault(check, place)
    return Outline(
        file,
        steps if readable else None,
        checks,
        frozenset(of_steps),
        by_step,
        needs,
        whole and readable,
        _keys(file, "params"),
        _keys(file, "title"),
    )


def _names(file: Loaded[LabFile], place: Place) -> tuple[list[tuple[str, Place]], bool]:
    """The texts of a list, and whether there is nothing else in its place."""
    found = file.value(*place)
    if found is None:
        return [], True
    if not isinstance(found, list):
        return [], False
    names = [(one, (*place, index)) for index, one in enumerate(found) if isinstance(one, str)]
    return names, len(names) == len(found)


def _keys(file: Loaded[LabFile], key: str) -> frozenset[str] | None:
    found = file.value(key)
    if found is None and file.document:
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, dict) else None
