"""What holds in a lab at one moment, and what held before: plain values for every view of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labctl.results import Outcome, Report


class How(StrEnum):
    """How it is noticed that something changed."""

    WATCH = "watch"
    """The cluster and the engine tell."""
    POLL = "poll"
    """One of them can't, so labctl looks every few seconds."""


@dataclass(frozen=True, slots=True)
class StepNow:
    """A step's two truths: when it passed first, and whether it holds now."""

    id: str
    outcome: Outcome
    """As last looked at; `error` before the first look."""
    first_passed: datetime | None
    holds: bool | None
    """None where it can't be looked at, or could not be: that is neither yes nor no."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The cluster or the engine does not answer: nobody's work was looked at."""

    reason: str
    since: datetime
    left: float
    """Seconds until it is waited for no longer."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A lab at one moment."""

    at: datetime
    steps: tuple[StepNow, ...]
    report: Report | None
    """What was seen when it could be looked at last; None where it never could."""
    how: How = How.WATCH
    reason: str = ""
    """Why it has to be polled."""
    outage: Outage | None = None

    @property
    def passed(self) -> bool:
        """Whether every check passes now."""
        seen = self.report is not None and self.report.outcome is Outcome.PASS
        return seen and self.outage is None
