"""What checks found: plain values, from one check to a whole report."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labctl.errors import ExitCode


class Outcome(StrEnum):
    """How a check ended, best first. docs/results.md has the same table."""

    PASS = "pass"  # noqa: S105 - no password
    BLOCKED = "blocked"
    WAITING = "waiting"
    FAIL = "fail"
    ERROR = "error"

    @staticmethod
    def worst(outcomes: Iterable["Outcome"]) -> "Outcome":
        """The worst one wins; none at all is an error, since nothing was looked at."""
        return max(outcomes, key=list(Outcome).index, default=Outcome.ERROR)


class Fault(StrEnum):
    """Whose fault an `error` is; never the learner's."""

    LAB = "lab"
    TOOL = "tool"
    API = "api"
    ENGINE = "engine"

    @property
    def exit_code(self) -> ExitCode:
        """The code that a command ends with."""
        return {
            Fault.LAB: ExitCode.LAB_INVALID,
            Fault.TOOL: ExitCode.TOOL,
            Fault.API: ExitCode.TOOL,
            Fault.ENGINE: ExitCode.PREREQUISITE,
        }[self]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something seen around what a failed check was about."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. Only a check that does not pass has a code (fail, waiting) or a message (error)."""

    name: str
    title: str
    outcome: Outcome
    seconds: float = 0.0
    code: str = ""
    expected: Any = None
    """Plain JSON, as are the other values here."""
    actual: Any = None
    about: tuple[str, ...] = ()
    """Kind/name of the objects."""
    blocked_by: str = ""
    message: str = ""
    fault: Fault | None = None
    evidence: tuple[Evidence, ...] = ()
    see: tuple[str, ...] = ()
    """Command lines that show what the check looked at."""
    probe: bool = False
    """Whether it does more than look: it sends requests, or runs a program."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The checks of one step, in the lab's order."""

    id: str
    checks: tuple[CheckResult, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its checks."""
        return Outcome.worst(check.outcome for check in self.checks)


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a lab's checks against one cluster."""

    lab: str
    cluster: str
    steps: tuple[StepResult, ...]
    seconds: float
    whole: bool = True
    """Whether all the lab's steps were looked at, not one alone."""

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """All checks in order."""
        return tuple(check for step in self.steps for check in step.checks)

    @property
    def outcome(self) -> Outcome:
        """The worst of all checks."""
        return Outcome.worst(check.outcome for check in self.checks)

    @property
    def exit_code(self) -> ExitCode:
        """0 for pass; 1 for the learner's work; else the fault of machine or lab, machine first."""
        if self.outcome is Outcome.PASS:
            return ExitCode.OK
        if self.outcome is not Outcome.ERROR:
            return ExitCode.NOT_PASSED
        faults = {check.fault for check in self.checks if check.outcome is Outcome.ERROR}
        for fault in (Fault.ENGINE, Fault.API, Fault.TOOL):
            if fault in faults:
                return fault.exit_code
        return Fault.LAB.exit_code
