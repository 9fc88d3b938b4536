"""A report as text for a terminal of 80 columns, and as the document labctl/result/v1."""

from collections.abc import Iterator
from typing import Any, Final

from labctl.results import CheckResult, Evidence, Outcome, Report, StepResult
from labctl.texts import Texts, values
from labctl.ui import words
from labctl.ui.columns import wrapped

FORMAT: Final = "labctl/result/v1"
WIDTH: Final = 80
MARKS: Final = {
    Outcome.PASS: "PASS",
    Outcome.FAIL: "FAIL",
    Outcome.WAITING: "WAIT",
    Outcome.BLOCKED: "BLOCK",
    Outcome.ERROR: "ERROR",
}
STYLES: Final = {
    Outcome.PASS: "green",
    Outcome.FAIL: "red",
    Outcome.WAITING: "yellow",
    Outcome.BLOCKED: "dim",
    Outcome.ERROR: "magenta",
}
MARGIN: Final = " " * 8
MOST_COMMANDS: Final = 3

Line = tuple[str, str | None]
"""Text and its style."""


def text_lines(
    report: Report, texts: Texts, titles: dict[str, str], *, whole: bool = True
) -> Iterator[Line]:
    """The report for people, of the whole lab or of one step.

    `titles` are the checks' titles in the language of the texts.
    """
    for number, step in enumerate(report.steps):
        if number:
            yield "", None
        yield f"{texts.step_title(step.id)} ({step.id})", "bold"
        for check in step.checks:
            yield from check_lines(check, texts, titles)
    yield "", None
    yield from summary_lines(report, texts.language, whole=whole)


def document(report: Report, texts: Texts, titles: dict[str, str]) -> dict[str, Any]:
    """The report for programs; docs/results.md describes it."""
    return {
        "format": FORMAT,
        "lab": report.lab,
        "cluster": report.cluster,
        "outcome": report.outcome.value,
        "exit_code": int(report.exit_code),
        "seconds": round(report.seconds, 3),
        "steps": [
            {
                "id": step.id,
                "title": texts.step_title(step.id),
                "outcome": step.outcome.value,
                "checks": [_document(check, texts, titles) for check in step.checks],
            }
            for step in report.steps
        ],
    }


def _document(check: CheckResult, texts: Texts, titles: dict[str, str]) -> dict[str, Any]:
    failure = None
    if check.code:
        found = values(check)
        failure = {
            "code": check.code,
            "title": texts.title(check.code, found),
            "rationale": texts.rationale(check.code, found),
            "expected": check.expected,
            "actual": check.actual,
            "about": list(check.about),
        }
    error = {"message": check.message, "fault": check.fault} if check.fault else None
    return {
        "name": check.name,
        "title": titles.get(check.name, check.title),
        "outcome": check.outcome.value,
        "seconds": round(check.seconds, 3),
        "failure": failure,
        "blocked_by": check.blocked_by or None,
        "error": error,
        "evidence": [{"title": one.title, "lines": list(one.lines)} for one in check.evidence],
        "see": list(check.see),
        "probe": check.probe,
    }


def check_lines(
    check: CheckResult, texts: Texts, titles: dict[str, str], *, brief: bool = False
) -> Iterator[Line]:
    """One check for people; `brief` leaves the evidence out, and what shows it."""
    title = titles.get(check.name, check.title)
    mark = f"  {MARKS[check.outcome]:<5} "
    yield from _wrapped(title, STYLES[check.outcome], first=mark)
    if check.outcome is Outcome.BLOCKED:
        waits = titles.get(check.blocked_by, check.blocked_by)
        yield from _wrapped(words.say(texts.language, "Waits for: {}", waits), "dim")
    if check.message:
        yield from _wrapped(check.message)
    if check.code:
        found = values(check)
        yield from _wrapped(f"{texts.title(check.code, found)}.".replace("..", "."))
        yield from _wrapped(texts.rationale(check.code, found))
    if check.code and not brief:
        for evidence in check.evidence:
            yield from _evidence(evidence, texts.language)
        # Command lines are never broken: they are there to be copied.
        for command in check.see[-MOST_COMMANDS:]:
            yield MARGIN + words.say(texts.language, "See it yourself: {}", command), None


def _evidence(evidence: Evidence, language: str) -> Iterator[Line]:
    yield from _wrapped(f"{words.title(language, evidence.title)}:", "dim")
    for line in evidence.lines:
        yield from _wrapped(line, "dim", first=f"{MARGIN}  ", rest=f"{MARGIN}    ")


def summary_lines(report: Report, language: str, *, whole: bool) -> Iterator[Line]:
    """How many checks pass, and what to do next."""
    checks = report.checks
    passed = sum(check.outcome is Outcome.PASS for check in checks)
    counted = words.say(language, "{} of {} checks pass.", passed, len(checks))
    yield counted, STYLES[report.outcome]
    step = first_open(report)
    if step is None:
        said, command = "Next: {}", "labctl show --debrief" if whole else "labctl check"
    elif step.outcome is Outcome.WAITING:
        said, command = "Still on its way. Next: {}", f"labctl check --step {step.id}"
    elif step.outcome is Outcome.ERROR:
        said, command = "An error is not your work's fault. Next: {}", "labctl status"
    else:
        said, command = "Next: {}", f"labctl hint {step.id}"
    yield words.say(language, said, command), None


def first_open(report: Report) -> StepResult | None:
    """The step that the learner is at: an error before all others; None when all pass."""
    errors = [step for step in report.steps if step.outcome is Outcome.ERROR]
    others = [step for step in report.steps if step.outcome is not Outcome.PASS]
    return next(iter([*errors, *others]), None)


def _wrapped(
    text: str, style: str | None = None, *, first: str = MARGIN, rest: str = MARGIN
) -> Iterator[Line]:
    for line in wrapped(text, WIDTH, first=first, rest=rest):
        yield line, style
