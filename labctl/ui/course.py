"""The learner's way through a course, as text and as the document labctl/course-progress/v1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from labctl.course import Next, Standing
from labctl.texts import spell
from labctl.ui.columns import wrapped
from labctl.ui.words import say

FORMAT: Final = "labctl/course-progress/v1"
COLUMNS: Final = ("#", "lab", "title", "progress")
WIDTH: Final = 80


def rows(labs: Sequence[Standing], language: str) -> list[list[str]]:
    """One row a lab, for COLUMNS. What a lab waits for is told by numbers: 80 columns hold that."""
    numbers = {one.lab.id: str(number) for number, one in enumerate(labs, 1)}
    return [
        [numbers[one.lab.id], one.lab.id, _title(one, language), _progress(one, numbers, language)]
        for one in labs
    ]


def summary(labs: Sequence[Standing], language: str) -> Iterator[str]:
    """The lines below the table."""
    done = sum(one.state == "done" for one in labs)
    yield say(language, "{} of {} labs done.", done, len(labs))
    running = [one.running for one in labs if one.running]
    if running:
        yield say(language, "Running: {}.", spell(running))
    changed = [one.lab.id for one in labs if one.changed]
    if changed:
        yield from wrapped(say(language, "Changed since you did it: {}.", spell(changed)), WIDTH)


def next_lines(following: Next | None, labs: Sequence[Standing], language: str) -> Iterator[str]:
    """What comes next, why, and the command."""
    if following is None:
        yield say(language, "All labs of the course are done.")
        return
    one = next(one for one in labs if one.lab.id == following.lab)
    what = say(language, "Lab '{}': {}.", following.lab, _title(one, language))
    if following.step:
        title = one.lab.texts(language).step_title(following.step)
        text = "Step '{}' of lab '{}': {}."
        what = say(language, text, following.step, following.lab, title)
    yield from wrapped(what, WIDTH)
    yield from wrapped(say(language, following.why.text, *following.why.values), WIDTH)
    # Never broken: it is there to be copied.
    yield say(language, "Next: {}", following.command)


def document(
    labs: Sequence[Standing], following: Next | None, title: Mapping[str, str]
) -> dict[str, Any]:
    """All of it for programs; docs/course.md describes it."""
    return {
        "format": FORMAT,
        "title": dict(title),
        "labs": [_document(one) for one in labs],
        "next": following
        and {
            "lab": following.lab,
            "step": following.step or None,
            "why": str(following.why),
            "command": following.command,
        },
    }


def _document(one: Standing) -> dict[str, Any]:
    return {
        "id": one.lab.id,
        "title": dict(one.lab.file.title),
        "minutes": one.lab.file.minutes,
        "needs": list(one.needs),
        "state": one.state,
        "done": one.done.isoformat() if one.done else None,
        "changed": one.changed,
        "running": one.running or None,
        "steps": [
            {
                "id": step,
                "first_passed": one.passed[step].isoformat() if step in one.passed else None,
            }
            for step in one.steps
        ],
    }


def _title(one: Standing, language: str) -> str:
    return one.lab.file.title.get(language) or one.lab.file.title["en"]


def _progress(one: Standing, numbers: Mapping[str, str], language: str) -> str:
    if one.done:
        return say(language, "done {}", f"{one.done.astimezone():%Y-%m-%d}")
    if one.state == "begun":
        return say(language, "{} of {} steps", len(one.passed), len(one.steps))
    waits = [numbers[lab] for lab in one.waits_for]
    return say(language, "after {}", ", ".join(waits)) if waits else say(language, "open")
