"""A lab that is followed: a picture that is drawn anew on a terminal, a line a change elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from labctl.results import CheckResult, Outcome, Report
from labctl.snapshot import How, Snapshot, StepNow
from labctl.texts import Texts
from labctl.ui.columns import fitted, wrapped
from labctl.ui.console import Console
from labctl.ui.results import MARKS, STYLES, WIDTH, Line, check_lines, first_open, summary_lines
from labctl.ui.words import say

SPARE: Final = 7
"""Lines of the picture beside head, steps and checks: blank ones, a title, summary, cursor."""
LEAST: Final = 3
"""Lines that the open step has even on a small terminal."""
_TRUTHS: Final = {
    True: "passed {}, holds",
    False: "passed {}, no longer",
    None: "passed {}, now unknown",
}


@dataclass(frozen=True, slots=True)
class View:
    """Whose picture it is, and the texts in the learner's language."""

    name: str
    texts: Texts
    titles: dict[str, str]
    whole: bool = True
    """False where one step is followed."""

    def say(self, text: str, *values: object) -> str:
        """What labctl itself says, in the learner's language."""
        return say(self.texts.language, text, *values)


@contextmanager
def showing(console: Console, view: View) -> Iterator[Callable[[Snapshot], None]]:
    """What takes snapshots and shows them, in the way that suits the console."""
    if not console.redraws:
        yield Changes(console, view).show
        return
    with console.drawing() as draw:
        yield lambda snapshot: draw(list(picture(snapshot, view, height=console.height)))


def truth(step: StepNow, now: datetime, language: str) -> str:
    """`passed 16:04:10, holds`; nothing for a step that never passed."""
    if step.first_passed is None:
        return ""
    return say(language, _TRUTHS[step.holds], moment(step.first_passed, now))


def moment(then: datetime, now: datetime) -> str:
    """The time of day, with the day where it is another one; in the machine's time zone."""
    local = then.astimezone()
    same = local.date() == now.astimezone().date()
    return f"{local:%H:%M:%S}" if same else f"{local:%Y-%m-%d %H:%M}"


def picture(snapshot: Snapshot, view: View, *, height: int = 24) -> Iterator[Line]:
    """Head, a line for each step, the checks of the step that is open, and what to do next."""
    head = list(_head(snapshot, view))
    yield from head
    yield "", None
    yield from _steps(snapshot, view)
    if snapshot.report is None:
        return
    open_step = None if snapshot.outage else first_open(snapshot.report)
    if open_step is not None:
        yield "", None
        title = f"{view.texts.step_title(open_step.id)} ({open_step.id})"
        yield fitted(title, WIDTH).rstrip(), "bold"
        lines = [line for check in open_step.checks for line in _brief(check, view)]
        room = max(LEAST, height - SPARE - len(head) - len(snapshot.steps))
        fits = len(lines) <= room
        yield from lines[: room if fits else room - 1]
        if not fits:
            all_of_it = view.say("All of it: {}", f"labctl check --step {open_step.id}")
            yield f"        {all_of_it}", "dim"
    yield "", None
    yield from _end(snapshot, snapshot.report, view)


def _head(snapshot: Snapshot, view: View) -> Iterator[Line]:
    how = "watched" if snapshot.how is How.WATCH else "polled"
    at = moment(snapshot.at, snapshot.at)
    yield view.say(f"Lab '{{}}' is {how}; looked at {{}}. Ctrl-C ends it.", view.name, at), "bold"
    if snapshot.reason:
        yield from _prose(view.say("Changes can't be told: {}", snapshot.reason), "yellow")
    if outage := snapshot.outage:
        since, left = moment(outage.since, snapshot.at), f"{outage.left:.0f}"
        waits = view.say("{} So it is since {}; waiting {} s more.", outage.reason, since, left)
        yield from _prose(waits, "magenta")


def _steps(snapshot: Snapshot, view: View) -> Iterator[Line]:
    truths = [truth(step, snapshot.at, view.texts.language) for step in snapshot.steps]
    room = WIDTH - len("  BLOCK ") - max(map(cell_len, truths), default=0) - 2
    for step, said in zip(snapshot.steps, truths, strict=True):
        known = snapshot.report is not None and not snapshot.outage
        mark, style = (MARKS[step.outcome], STYLES[step.outcome]) if known else ("?", "dim")
        title = fitted(view.texts.step_title(step.id), room)
        yield f"  {mark:<5} {title}  {said}".rstrip(), style


def _brief(check: CheckResult, view: View) -> Iterator[Line]:
    # What waits says by what: below, the check that it waits for stands in full.
    if check.outcome is Outcome.BLOCKED:
        yield (
            f"  BLOCK {fitted(view.titles.get(check.name, check.title), WIDTH - 8)}".rstrip(),
            "dim",
        )
    else:
        yield from check_lines(check, view.texts, view.titles, brief=True)


def _end(snapshot: Snapshot, report: Report, view: View) -> Iterator[Line]:
    if snapshot.outage:
        yield view.say("Nobody's work was looked at meanwhile."), None
    else:
        yield from summary_lines(report, view.texts.language, whole=view.whole)


def _prose(text: str, style: str) -> Iterator[Line]:
    for line in wrapped(text, WIDTH):
        yield line, style


class Changes:
    """One plain line for each change: of a check, of a step. What is beside it goes to stderr."""

    def __init__(self, console: Console, view: View) -> None:
        self._console = console
        self._view = view
        self._before: Snapshot | None = None
        self._checks: dict[str, tuple[Outcome, str]] = {}
        self._steps: dict[str, tuple[Outcome, str]] = {}

    def show(self, snapshot: Snapshot) -> None:
        """Say what is other than before."""
        for text in beside(self._before, snapshot, self._view.texts.language):
            self._console.talk(f"{moment(snapshot.at, snapshot.at)} {text}")
        self._before = snapshot
        if snapshot.report is None or snapshot.outage:
            return
        for line in self._lines(snapshot, snapshot.report):
            self._console.out(line)
        if snapshot.passed:
            for line, style in summary_lines(
                snapshot.report, self._view.texts.language, whole=self._view.whole
            ):
                self._console.out(line, style=style)

    def _lines(self, snapshot: Snapshot, report: Report) -> Iterator[str]:
        at = moment(snapshot.at, snapshot.at)
        now = {step.id: step for step in snapshot.steps}
        for step in report.steps:
            for check in step.checks:
                seen = (check.outcome, check.code)
                if self._checks.get(check.name) != seen:
                    self._checks[check.name] = seen
                    yield f"{at} {MARKS[check.outcome]:<5} check {check.name}: {self._said(check)}"
            said = truth(now[step.id], snapshot.at, self._view.texts.language)
            if self._steps.get(step.id) != (step.outcome, said):
                self._steps[step.id] = (step.outcome, said)
                title = self._view.texts.step_title(step.id)
                after = f" ({said})" if said else ""
                yield f"{at} {MARKS[step.outcome]:<5} step {step.id}: {title}{after}"

    def _said(self, check: CheckResult) -> str:
        title = self._view.titles.get(check.name, check.title)
        if check.message:
            return f"{title}: {check.message}"
        if not check.code:
            return title
        values = {"expected": check.expected, "actual": check.actual, "about": list(check.about)}
        return f"{title}: {self._view.texts.title(check.code, values)}"


def beside(before: Snapshot | None, now: Snapshot, language: str) -> Sequence[str]:
    """How it is followed and what does not answer, where that is other than before."""
    said = []
    if now.reason and (before is None or before.reason != now.reason):
        text = "Changes can't be told, so it is looked every few seconds: {}"
        said.append(say(language, text, now.reason))
    if before is not None and before.reason and not now.reason:
        said.append(say(language, "Changes are told again."))
    if now.outage and not (before and before.outage):
        left = f"{now.outage.left:.0f}"
        said.append(say(language, "{} Waiting {} s for it.", now.outage.reason, left))
    if before is not None and before.outage and not now.outage:
        said.append(say(language, "It answers again."))
    return said
