"""What is wrong between a lab's checks, its steps and what its checks need."""

from collections import deque
from collections.abc import Iterator, Mapping

from labctl.lab_checks import Checks
from labctl.lab_outline import Outline
from labctl.source import Problem
from labctl.suggest import did_you_mean


def examine_checks(lab: Outline, checks: Checks) -> Iterator[Problem]:
    """Checks that are nowhere, twice, without a step, or that need what can't pass before them."""
    yield from checks.problems
    there = checks.names
    if checks.whole:
        for name, place in lab.checks.items():
            if name not in there:
                near = did_you_mean(name, there)
                text = f"check '{name}' is in no checks/check_*.py or *.yaml{near}"
                yield lab.problem(place, text)
    for file, one in checks.files.items():
        for name, line in one.checks.items():
            if there.count(name) > 1:
                yield Problem(file, line, f"check '{name}' is there twice")
            if lab.whole and name not in lab.checks:
                near = did_you_mean(name, lab.checks)
                yield Problem(file, line, f"check '{name}' belongs to no step{near}")
            for need, at in one.needs.get(name, []) if checks.whole else ():
                if need not in there:
                    near = did_you_mean(need, there)
                    text = f"check '{name}' needs '{need}', and there is no such check{near}"
                    yield Problem(file, at, text)
    yield from _circles(lab, checks)


def _circles(lab: Outline, checks: Checks) -> Iterator[Problem]:
    """Checks that wait for one another. A step's checks wait for those of the steps it needs too."""
    own = {name: needs for file in checks.files.values() for name, needs in file.needs.items()}
    files = {name: file for file, one in checks.files.items() for name in one.checks}
    waits: dict[str, list[str]] = {name: [need for need, _ in own[name]] for name in own}
    for step, names in lab.by_step.items():
        before = [name for need in lab.needs.get(step, ()) for name in lab.by_step.get(need, ())]
        for name in names:
            waits.setdefault(name, []).extend(before)
    told: set[str] = set()
    for name in own:
        circle = [] if name in told else _back_to(name, waits)
        # Steps need earlier ones only, so a circle has a check that is itself to blame.
        for place, one in enumerate(circle):
            following = circle[(place + 1) % len(circle)]
            lines = [line for need, line in own.get(one, []) if need == following]
            if lines:
                turned = [*circle[place:], *circle[:place], one]
                text = f"check '{one}' waits for itself: {' needs '.join(turned)}"
                yield Problem(files[one], lines[0], text)
                break
        told.update(circle)


def _back_to(start: str, waits: Mapping[str, list[str]]) -> list[str]:
    """The shortest circle through a check, beginning with it; empty where there is none."""
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for need in waits.get(name, ()):
            if need == start:
                circle = [name]
                while circle[-1] != start:
                    circle.append(came[circle[-1]])
                return circle[::-1]
            if need not in came:
                came[need] = name
                waiting.append(need)
    return []
