"""What `labctl grade` found: plain values, one for each receipt."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.errors import ExitCode
from labctl.receipt import Receipt
from labctl.results import Outcome, Report

REFUSED: Final = "refused"
"""Nothing was run: no receipt, no work, no such lab."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One learner's work on one lab."""

    learner: str
    """By the receipt's file."""
    path: Path
    receipt: Receipt | None = None
    work: Path | None = None
    digest: str = ""
    """Of the lab's files here."""
    report: Report | None = None
    """What the checks found here; None where they were not run."""
    reasons: tuple[str, ...] = ()
    """Sentences: what a teacher should know about this row."""
    fault: ExitCode | None = None
    """Why it could not be graded, where that is the machine's fault or the lab's."""

    @property
    def lab(self) -> str:
        """The lab's id; empty where there is no receipt."""
        return self.receipt.lab.id if self.receipt else ""

    @property
    def points(self) -> int:
        """Checks that pass here."""
        return len(passing(self.report))

    @property
    def most(self) -> int:
        """Checks that there are."""
        return len(self.report.checks) if self.report else 0

    @property
    def outcome(self) -> str:
        """The checks' outcome, `refused`, or `error`: it was not the learner's fault."""
        if self.fault is not None:
            return Outcome.ERROR.value
        return self.report.outcome.value if self.report else REFUSED

    @property
    def confirmed(self) -> bool | None:
        """Whether the same checks pass here as the receipt says; None where that can't be said."""
        if self.fault is not None or self.report is None or self.receipt is None:
            return None
        return passing(self.report) == claimed(self.receipt)


def passing(report: Report | None) -> set[str]:
    """The names of the checks that pass."""
    checks = report.checks if report else ()
    return {check.name for check in checks if check.outcome is Outcome.PASS}


def claimed(receipt: Receipt) -> set[str]:
    """The names of the checks that passed, as the receipt says."""
    return {name for name, outcome in receipt.outcomes.items() if outcome is Outcome.PASS}


def differences(receipt: Receipt, report: Report) -> tuple[str, ...]:
    """Where the receipt and the checks here disagree, as sentences. Only passing counts."""
    said, there = receipt.outcomes, {check.name: check for check in report.checks}
    found = []
    for name in dict.fromkeys((*there, *said)):
        before = said.get(name)
        if (name in claimed(receipt)) == (name in passing(report)):
            continue
        claim = f"the receipt says {before}" if before else "the receipt does not have it"
        if name not in there:
            found.append(f"Check '{name}': {claim}; the lab here has no such check.")
            continue
        check = there[name]
        code = f" ({check.code})" if check.code else ""
        found.append(f"Check '{name}': {claim}; here it is {check.outcome}{code}.")
    return tuple(found)


def exit_code(grades: Iterable[Grade]) -> ExitCode:
    """0 where all work passes and is as its receipt says; a fault of machine or lab goes first."""
    grades = tuple(grades)
    faults = {grade.fault for grade in grades}
    for code in (ExitCode.PREREQUISITE, ExitCode.TOOL, ExitCode.LAB_INVALID):
        if code in faults:
            return code
    good = all(grade.outcome == Outcome.PASS and grade.confirmed for grade in grades)
    return ExitCode.OK if good else ExitCode.NOT_PASSED
