"""`labctl check --watch` and `labctl serve`: look again whenever something changed.

What changed is told by others (labctl.ops.bell). They can't tell all: an answer over HTTP or a
process in a node is no object of the cluster. So it is looked now and then without a change too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from labctl.catalog import Lab
from labctl.errors import (
    ApiUnreachable,
    ExitCode,
    LabctlError,
    PrerequisiteMissing,
    ToolFailed,
    ToolTimeout,
)
from labctl.results import Fault, Outcome, Report
from labctl.snapshot import How, Outage, Snapshot, StepNow
from labctl.waiting import Clock

SETTLE: Final = 0.3
"""Seconds in which changes are taken together: a Pod that starts makes a dozen."""
FIRST_BEAT: Final = 2.0
"""Seconds without a change after which it is looked again; doubled while nothing differs."""
SLOWEST_BEAT: Final = 30.0
POLL: Final = 5.0
"""The slowest beat where changes aren't told."""
SHORTEST_GAP: Final = 1.0
"""Seconds between two looks; doubled while changes make no difference, so that a busy cluster or a
check that changes something itself does not keep the machine busy."""
LONGEST_GAP: Final = 5.0
OUTAGE_BEAT: Final = 2.0
OUTAGE_PATIENCE: Final = 60.0
"""Seconds for which a cluster or engine that does not answer is waited for."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A kind whose changes may change what checks see."""

    api_version: str
    resource: str
    """Its name in the API server's paths."""
    namespaced: bool = True


FOLLOWED: Final = (
    Followed("v1", "pods"),
    Followed("apps/v1", "deployments"),
    Followed("apps/v1", "replicasets"),
    Followed("v1", "services"),
    Followed("discovery.k8s.io/v1", "endpointslices"),
    Followed("batch/v1", "jobs"),
    Followed("batch/v1", "cronjobs"),
    Followed("v1", "configmaps"),
    Followed("v1", "events"),
    Followed("v1", "nodes", namespaced=False),
)


class LabGone(PrerequisiteMissing):
    """The lab was removed: there is nothing to wait for."""


class Changes(Protocol):
    """Tells that something changed; labctl.ops.bell.Bell is one."""

    def wait(self, seconds: float) -> frozenset[str]: ...  # noqa: D102

    @property
    def reason(self) -> str: ...  # noqa: D102

    @property
    def closed(self) -> bool: ...  # noqa: D102


class Learner(Protocol):
    """Remembers when steps passed."""

    def first_passed(self, lab_id: str) -> Mapping[str, datetime]: ...  # noqa: D102


@dataclass
class Pace:
    """How soon to look again, learned from whether looking made a difference. Seconds."""

    beat: float = FIRST_BEAT
    gap: float = SHORTEST_GAP

    def looked(self, *, differs: bool, changed: bool, polling: bool) -> None:
        """Take in a look: whether it differs from the one before, and whether a change caused it."""
        slowest = POLL if polling else SLOWEST_BEAT
        self.beat = FIRST_BEAT if differs or changed else min(self.beat * 2, slowest)
        useless = changed and not differs
        self.gap = min(self.gap * 2, LONGEST_GAP) if useless else SHORTEST_GAP


@dataclass
class Live:
    """One lab (or one of its steps), looked at again and again."""

    lab: Lab
    look: Callable[[], Report]
    """May raise LabGone, and any error for an outage."""
    changes: Changes
    learner: Learner
    step: str | None = None
    clock: Clock = field(default_factory=Clock)
    wall: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    patience: float = OUTAGE_PATIENCE
    """Seconds that an outage is waited for."""
    pace: Pace = field(default_factory=Pace)
    _report: Report | None = None
    _out: tuple[float, datetime] | None = None

    def snapshots(self, *, until_passed: bool) -> Iterator[Snapshot]:
        """One after each look, until `changes` are closed, or until all passes.

        Raises:
            LabGone: the lab was removed.
            LabctlError: cluster or engine did not answer for `patience`; with its exit code.
        """
        changed = True
        while not self.changes.closed:
            before = self._report
            snapshot = self._snapshot()
            yield snapshot
            if until_passed and snapshot.passed:
                return
            polling = bool(self.changes.reason)
            differs = _essence(before) != _essence(self._report)
            self.pace.looked(differs=differs, changed=changed, polling=polling)
            changed = bool(self._await(OUTAGE_BEAT if snapshot.outage else self.pace.beat))

    def _await(self, beat: float) -> frozenset[str]:
        """Wait for a change, at most a beat, and for what comes with it."""
        start = self.clock.now()
        seen = self.changes.wait(beat)
        if not seen:
            return seen
        until = max(self.clock.now() + SETTLE, start + self.pace.gap)
        while not self.changes.closed and (left := until - self.clock.now()) > 0:
            seen |= self.changes.wait(left)
        return seen

    def _snapshot(self) -> Snapshot:
        try:
            report = self.look()
            _refuse_outage(report)
        except LabGone:
            raise
        except (ToolFailed, PrerequisiteMissing) as err:
            return self._seen_now(outage=self._outage(err))
        self._out = None
        self._report = report
        return self._seen_now()

    def _outage(self, err: LabctlError) -> Outage:
        now = self.clock.now()
        start, since = self._out = self._out or (now, self.wall())
        left = self.patience - (now - start)
        if left <= 0:
            raise _given_up(err, self.patience) from err
        return Outage(err.message, since, left)

    def _seen_now(self, outage: Outage | None = None) -> Snapshot:
        first = self.learner.first_passed(self.lab.id)
        outcomes = {one.id: one.outcome for one in self._report.steps} if self._report else {}
        steps = []
        for step in self.lab.file.steps:
            if self.step not in (None, step.id):
                continue
            outcome = outcomes.get(step.id, Outcome.ERROR)
            known = outage is None and outcome is not Outcome.ERROR
            holds = outcome is Outcome.PASS if known else None
            steps.append(StepNow(step.id, outcome, first.get(step.id), holds))
        reason = self.changes.reason
        how = How.POLL if reason else How.WATCH
        return Snapshot(self.wall(), tuple(steps), self._report, how, reason, outage)


def _refuse_outage(report: Report) -> None:
    """Raise where a check could not look because cluster or engine does not answer."""
    faults = {check.fault: check.message for check in reversed(report.checks) if check.fault}
    if Fault.ENGINE in faults:
        raise PrerequisiteMissing(faults[Fault.ENGINE])
    if Fault.API in faults:
        raise ApiUnreachable(faults[Fault.API])


def _given_up(err: LabctlError, waited: float) -> LabctlError:
    message = f"{err.message} labctl waited {waited:.0f} s for it."
    hint = err.hint or "See what runs with: labctl status"
    if err.exit_code is ExitCode.PREREQUISITE:
        return PrerequisiteMissing(message, hint=hint, details=err.details)
    return ToolTimeout(message, hint=hint, details=err.details)


def _essence(report: Report | None) -> Any:
    """What makes two reports the same to a reader: not how long they took."""
    if report is None:
        return None
    return [
        (one.name, one.outcome, one.code, one.actual, one.blocked_by, one.message)
        for one in report.checks
    ]
