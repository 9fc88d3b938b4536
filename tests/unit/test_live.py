"""A lab that is followed: when it is looked at, what holds, and what an outage is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labctl.catalog import Lab
from labctl.errors import ApiUnreachable, ExitCode, LabctlError, PrerequisiteMissing, ToolFailed
from labctl.ops.live import LONGEST_GAP, OUTAGE_PATIENCE, POLL, SETTLE, LabGone, Live
from labctl.results import Fault, Outcome, Report
from labctl.snapshot import How, Snapshot
from tests.fakes import FakeTime
from tests.lab_factory import tiny
from tests.live_fakes import FakeChanges, FakeLearner, FakeLook, later, report, result

PASS, FAIL, BLOCKED, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.BLOCKED, Outcome.ERROR
OPEN = report(FAIL, BLOCKED)
HALF = report(PASS, FAIL)
DONE = report(PASS, PASS)
AWAY = ApiUnreachable("The API server does not answer.", hint="labctl up repairs it.")


@dataclass
class Scene:
    """A followed lab with scripted answers and changes, for `until` seconds."""

    lab: Lab
    answers: Sequence[Report | Exception]
    at: list[tuple[float, str]] = field(default_factory=list)
    until: float = 1000.0
    reason: str = ""
    takes: float = 0.0
    step: str | None = None

    def __post_init__(self) -> None:
        self.time = FakeTime()
        self.learner = FakeLearner()
        self.look = FakeLook(self.time, self.answers, self.learner, takes=self.takes)
        self.changes = FakeChanges(self.time, self.until, list(self.at), self.reason)
        self.live = Live(
            self.lab,
            self.look,
            self.changes,
            self.learner,
            self.step,
            clock=self.time.clock(),
            wall=lambda: later(self.time.seconds),
        )

    def run(self, *, until_passed: bool = True) -> list[Snapshot]:
        return list(self.live.snapshots(until_passed=until_passed))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return tiny(tmp_path)


def test_it_looks_at_once_and_again_when_something_changed(lab: Lab) -> None:
    scene = Scene(lab, [OPEN, HALF, DONE], at=[(1.5, "pods"), (3.0, "pods")])
    snapshots = scene.run()
    assert scene.look.looks == [0.0, *map(pytest.approx, (1.5 + SETTLE, 3.0 + SETTLE))]
    assert [one.report for one in snapshots] == [OPEN, HALF, DONE]
    assert snapshots[-1].passed
    assert not snapshots[0].passed


def test_changes_that_come_together_are_one_look(lab: Lab) -> None:
    burst = [(1.5 + number / 20, "pods") for number in range(5)]
    scene = Scene(lab, [OPEN, DONE], at=burst)
    scene.run()
    assert scene.look.looks == [0.0, pytest.approx(1.5 + SETTLE)]
    assert scene.changes.at == []


def test_a_step_that_passed_and_no_longer_does_shows_both(lab: Lab) -> None:
    scene = Scene(lab, [HALF, OPEN, DONE], takes=1.0)
    before, after, last = scene.run()
    assert (before.steps[0].first_passed, before.steps[0].holds) == (later(1.0), True)
    assert (after.steps[0].first_passed, after.steps[0].holds) == (later(1.0), False)
    assert last.steps[0].first_passed == later(1.0)
    assert (after.steps[1].first_passed, after.steps[1].holds) == (None, False)


def test_without_a_change_it_looks_more_and_more_seldom(lab: Lab) -> None:
    scene = Scene(lab, [OPEN], until=100)
    scene.run()
    pauses = [b - a for a, b in zip(scene.look.looks, scene.look.looks[1:], strict=False)]
    assert pauses == [2, 4, 8, 16, 30, 30]


def test_a_difference_brings_it_back_to_looking_often(lab: Lab) -> None:
    scene = Scene(lab, [OPEN, OPEN, OPEN, HALF, HALF, DONE])
    scene.run()
    pauses = [b - a for a, b in zip(scene.look.looks, scene.look.looks[1:], strict=False)]
    assert pauses == [2, 4, 8, 2, 4]


def test_a_check_that_says_something_else_is_a_difference(lab: Lab) -> None:
    first, second = (report(result("one", FAIL, actual=number), BLOCKED) for number in (1, 2))
    scene = Scene(lab, [first, first, second, second, DONE])
    scene.run()
    pauses = [b - a for a, b in zip(scene.look.looks, scene.look.looks[1:], strict=False)]
    assert pauses == [2, 4, 2, 4]


def test_where_changes_are_not_told_it_polls_and_says_why(lab: Lab) -> None:
    scene = Scene(lab, [OPEN], until=40, reason="pods: forbidden")
    snapshots = scene.run()
    pauses = [b - a for a, b in zip(scene.look.looks, scene.look.looks[1:], strict=False)]
    assert max(pauses) == POLL
    assert {(one.how, one.reason) for one in snapshots} == {(How.POLL, "pods: forbidden")}


def test_changes_without_end_and_without_effect_do_not_keep_the_machine_busy(lab: Lab) -> None:
    storm = [(second / 10, "events") for second in range(10, 600)]
    scene = Scene(lab, [OPEN], at=storm, until=60)
    scene.run()
    late = [b - a for a, b in zip(scene.look.looks, scene.look.looks[1:], strict=False)][-5:]
    assert all(pause == pytest.approx(LONGEST_GAP, abs=0.2) for pause in late)


def test_after_a_quiet_time_a_change_is_looked_at_at_once(lab: Lab) -> None:
    scene = Scene(lab, [OPEN], at=[(3, "pods"), (4, "pods"), (60, "pods")], until=62)
    scene.run()
    assert pytest.approx(60 + SETTLE) in scene.look.looks


def test_a_short_outage_is_said_and_waited_out_and_is_no_failure(lab: Lab) -> None:
    scene = Scene(lab, [HALF, AWAY, AWAY, DONE])
    _, away, still, done = scene.run()
    assert away.outage is not None
    assert away.outage.reason == "The API server does not answer."
    assert away.report is HALF
    assert [step.holds for step in away.steps] == [None, None]
    assert away.steps[0].first_passed == later(0)
    assert not away.passed
    assert still.outage is not None
    assert still.outage.since == away.outage.since
    assert still.outage.left < away.outage.left == OUTAGE_PATIENCE
    assert done.outage is None
    assert done.passed


def test_an_outage_that_a_check_met_is_one_too(lab: Lab) -> None:
    met = report(PASS, result("two", ERROR, message="No answer.", fault=Fault.API))
    scene = Scene(lab, [met, DONE])
    first, done = scene.run()
    assert first.outage is not None
    assert first.outage.reason == "No answer."
    assert first.report is None
    assert [step.outcome for step in first.steps] == [ERROR, ERROR]
    assert done.passed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AWAY, ExitCode.TOOL),
        (PrerequisiteMissing("The Docker Engine does not answer."), ExitCode.PREREQUISITE),
        (ToolFailed("Refused."), ExitCode.TOOL),
    ],
)
def test_an_outage_without_end_ends_with_its_own_exit_code(
    lab: Lab, error: LabctlError, code: ExitCode
) -> None:
    scene = Scene(lab, [HALF, error])
    with pytest.raises(LabctlError, match="waited 60 s") as caught:
        scene.run()
    assert caught.value.exit_code is code
    assert error.message in caught.value.message
    assert caught.value.hint
    assert scene.time.seconds == pytest.approx(2 + OUTAGE_PATIENCE, abs=2)


@pytest.mark.parametrize(("fault", "code"), [(Fault.API, 5), (Fault.ENGINE, 4)])
def test_so_does_one_that_checks_meet(lab: Lab, fault: Fault, code: int) -> None:
    scene = Scene(lab, [report(FAIL, result("two", ERROR, fault=fault))])
    with pytest.raises(LabctlError) as caught:
        scene.run()
    assert caught.value.exit_code == code


def test_two_short_outages_are_not_one_long_one(lab: Lab) -> None:
    scene = Scene(lab, [*[AWAY] * 25, HALF, *[AWAY] * 25, DONE])
    assert scene.run()[-1].passed


def test_a_lab_that_was_removed_is_not_waited_for(lab: Lab) -> None:
    scene = Scene(lab, [HALF, LabGone("Lab 'tiny' was removed.")])
    with pytest.raises(LabGone) as caught:
        scene.run()
    assert caught.value.exit_code == ExitCode.PREREQUISITE
    assert len(scene.look.looks) == 2


def test_a_check_that_is_broken_is_neither_outage_nor_failure(lab: Lab) -> None:
    scene = Scene(lab, [report(PASS, ERROR)], until=10)
    snapshot = scene.run()[0]
    assert snapshot.outage is None
    assert snapshot.steps[1].outcome is ERROR
    assert snapshot.steps[1].holds is None


def test_one_step_is_shown_alone(lab: Lab) -> None:
    whole = report(PASS, FAIL)
    alone = Report("tiny", "tiny", whole.steps[:1], 0.1, whole=False)
    snapshots = Scene(lab, [alone], step="first").run()
    assert [[step.id for step in one.steps] for one in snapshots] == [["first"]]
    assert snapshots[-1].passed


def test_it_can_go_on_after_all_passes_until_it_is_closed(lab: Lab) -> None:
    scene = Scene(lab, [DONE, HALF], until=30)
    snapshots = scene.run(until_passed=False)
    assert [one.passed for one in snapshots] == [True, *[False] * (len(snapshots) - 1)]
    assert scene.look.looks[-1] < 30 <= scene.time.seconds
