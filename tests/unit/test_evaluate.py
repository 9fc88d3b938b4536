"""`within`, `stable` and whose fault an error is, on a clock that takes no time."""

from collections.abc import Callable
from typing import Any

import pytest

from labctl.checks.api import CheckSpec, Mismatch, Missing, NotYet, check, spec_of
from labctl.checks.evaluate import Evaluation, Patience, Verdict
from labctl.errors import ApiUnreachable, PrerequisiteMissing, ToolFailed
from labctl.results import Fault, Outcome
from tests.fakes import FakeTime


def judge(
    attempt: Callable[[], Any],
    time: FakeTime,
    *,
    within: float = 0,
    stable: float = 0,
    patience: Patience | None = None,
) -> Verdict:
    spec = CheckSpec("it", "It", within=within, stable=stable)
    return Evaluation(attempt, spec, patience or Patience(1000), time.clock()).verdict()


def raising(*errors: BaseException | None) -> Callable[[], str]:
    """One after the other, and the last for ever."""
    left = list(errors)

    def attempt() -> str:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error:
            raise error
        return "value"

    return attempt


def test_a_check_without_within_is_asked_once() -> None:
    time = FakeTime()
    assert judge(raising(Mismatch("m"), None), time).outcome is Outcome.FAIL
    assert time.seconds == 0


def test_within_asks_again_until_it_passes() -> None:
    time = FakeTime()
    verdict = judge(raising(NotYet("n"), Missing("m"), Mismatch("x"), None), time, within=60)
    assert (verdict.outcome, verdict.value) == (Outcome.PASS, "value")
    assert time.seconds == 1.5


@pytest.mark.parametrize(
    ("reason", "patience", "outcome"),
    [
        (NotYet("n"), 10.0, Outcome.WAITING),
        (NotYet("n"), 100.0, Outcome.FAIL),
        (Mismatch("m"), 10.0, Outcome.FAIL),
    ],
)
def test_only_what_is_on_its_way_and_has_time_left_is_waiting(
    reason: Exception, patience: float, outcome: Outcome
) -> None:
    time = FakeTime()
    verdict = judge(raising(reason), time, within=60, patience=Patience(patience))
    assert verdict.outcome is outcome
    assert time.seconds <= min(patience, 60)


def test_all_checks_of_a_run_share_its_patience() -> None:
    time, patience = FakeTime(), Patience(10)
    for _ in range(5):
        judge(raising(Mismatch("m")), time, within=60, patience=patience)
    assert time.seconds <= 10


def test_a_check_that_passes_at_first_and_not_for_long_fails() -> None:
    time = FakeTime()
    assert judge(raising(None, None, Mismatch("m")), time, stable=5).outcome is Outcome.FAIL
    assert time.seconds == 1


def test_a_stable_check_passes_after_its_time_and_not_before() -> None:
    time = FakeTime()
    assert judge(raising(None), time, stable=5).outcome is Outcome.PASS
    assert time.seconds == 5


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ApiUnreachable("away"), Fault.API),
        (PrerequisiteMissing("no engine"), Fault.ENGINE),
        (ToolFailed("'docker' exited with 1.", details=["no such container"]), Fault.TOOL),
        (AttributeError("spec"), Fault.LAB),
        (SystemExit(0), Fault.LAB),
        (AssertionError("no"), Fault.LAB),
    ],
)
def test_whatever_else_is_raised_is_nobody_s_failure(error: BaseException, fault: Fault) -> None:
    verdict = judge(raising(error), FakeTime(), within=60)
    assert (verdict.outcome, verdict.fault) == (Outcome.ERROR, fault)
    assert verdict.message
    if fault is Fault.TOOL:
        assert verdict.message.endswith("no such container")


def test_the_decorator_keeps_the_function_and_its_words() -> None:
    @check
    def first() -> int:
        """It is first

        More words.
        """
        return 1

    @check(needs=[first, "other"], within=3, stable=2, probe=True)
    def second() -> None:
        """It is second"""

    assert first() == 1
    assert spec_of(first) == CheckSpec("first", "It is first")
    assert spec_of(second) == CheckSpec("second", "It is second", ("first", "other"), 3, 2, True)
