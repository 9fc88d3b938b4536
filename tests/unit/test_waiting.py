import pytest

from labctl.errors import ToolTimeout
from labctl.waiting import Pending, wait_until
from tests.fakes import FakeTime


def test_the_first_answer_that_is_there_is_returned_without_waiting() -> None:
    time = FakeTime()
    assert wait_until(lambda: 7, what="x", timeout=10, clock=time.clock()) == 7
    assert time.seconds == 0


def test_it_asks_again_until_the_answer_is_there() -> None:
    time = FakeTime()
    answers = iter([Pending("one"), Pending("two"), "done"])
    seen: list[str] = []
    got = wait_until(
        lambda: next(answers), what="x", timeout=10, clock=time.clock(), on_pending=seen.append
    )
    assert (got, seen) == ("done", ["one", "two"])
    assert time.seconds == pytest.approx(0.4)


def test_the_deadline_is_time_and_not_a_number_of_tries() -> None:
    time = FakeTime()

    def slow() -> Pending:
        time.seconds += 4
        return Pending("half of it")

    with pytest.raises(ToolTimeout, match=r"Waited 10 s for the thing; last seen: half of it\."):
        wait_until(slow, what="the thing", timeout=10, clock=time.clock())
    assert time.seconds < 15
