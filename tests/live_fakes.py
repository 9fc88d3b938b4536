"""A lab that is followed, without threads and without time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from labctl.results import CheckResult, Fault, Outcome, Report, StepResult
from labctl.snapshot import How, Outage, Snapshot, StepNow
from tests.fakes import FakeTime

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class FakeChanges:
    """Tells of changes at given seconds; waiting moves the clock. Closed after the last `until`."""

    time: FakeTime
    until: float
    at: list[tuple[float, str]] = field(default_factory=list)
    reason: str = ""
    waited: list[float] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.time.seconds >= self.until

    def wait(self, seconds: float) -> frozenset[str]:
        self.waited.append(seconds)
        end = self.time.seconds + seconds
        if self.at and self.at[0][0] <= end:
            when, what = self.at.pop(0)
            self.time.seconds = max(self.time.seconds, when)
            return frozenset({what})
        self.time.seconds = end
        return frozenset()


@dataclass
class FakeLearner:
    """Remembers when steps passed."""

    times: dict[str, datetime] = field(default_factory=dict)

    def first_passed(self, lab_id: str) -> Mapping[str, datetime]:
        return dict(self.times)


@dataclass
class FakeLook:
    """Answers reports or raises errors, one after another; the last one stays."""

    time: FakeTime
    answers: Sequence[Report | Exception]
    learner: FakeLearner
    looks: list[float] = field(default_factory=list)
    takes: float = 0.0
    during: Callable[[], None] = lambda: None

    def __call__(self) -> Report:
        answer = self.answers[min(len(self.looks), len(self.answers) - 1)]
        self.looks.append(self.time.seconds)
        self.time.sleep(self.takes)
        self.during()
        if isinstance(answer, Exception):
            raise answer
        for step in answer.steps:
            if step.outcome is Outcome.PASS:
                self.learner.times.setdefault(step.id, later(self.time.seconds))
        return answer


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def result(name: str, outcome: Outcome, **more: object) -> CheckResult:
    """A check; a failed one has the tiny lab's code."""
    options: dict[str, object] = {"code": "absent"} if outcome is Outcome.FAIL else {}
    if outcome is Outcome.ERROR:
        options = {"message": "It broke.", "fault": Fault.LAB}
    if outcome is Outcome.BLOCKED:
        options = {"blocked_by": "one"}
    return CheckResult(name, f"{name.title()} is there", outcome, **{**options, **more})  # type: ignore[arg-type]


def report(one: CheckResult | Outcome, two: CheckResult | Outcome) -> Report:
    """A report on the tiny lab of tests.lab_factory."""
    first = one if isinstance(one, CheckResult) else result("one", one)
    second = two if isinstance(two, CheckResult) else result("two", two)
    steps = (StepResult("first", (first,)), StepResult("second", (second,)))
    return Report("tiny", "tiny", steps, 0.1)


def snapshot(
    seen: Report | None,
    *,
    first: Mapping[str, datetime] | None = None,
    at: float = 60.0,
    reason: str = "",
    outage: Outage | None = None,
) -> Snapshot:
    """A snapshot of the tiny lab, as labctl.ops.live makes it."""
    outcomes = {step.id: step.outcome for step in seen.steps} if seen else {}
    steps = tuple(
        StepNow(
            name,
            outcomes.get(name, Outcome.ERROR),
            (first or {}).get(name),
            None if outage or name not in outcomes else outcomes[name] is Outcome.PASS,
        )
        for name in ("first", "second")
    )
    how = How.POLL if reason else How.WATCH
    return Snapshot(later(at), steps, seen, how, reason, outage)
