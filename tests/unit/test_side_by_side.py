"""Work on several nodes at once."""

from threading import Event

import pytest

from labctl.errors import ToolFailed
from labctl.ops.side_by_side import side_by_side

WAIT = 20.0


def test_answers_come_in_the_order_of_the_work() -> None:
    second = Event()

    def slow() -> str:
        assert second.wait(WAIT)
        return "first"

    def quick() -> str:
        second.set()
        return "second"

    assert side_by_side([slow, quick], give_up=lambda: None) == ["first", "second"]


@pytest.mark.parametrize("error", [ToolFailed("a disk"), KeyboardInterrupt()])
def test_when_one_fails_the_others_are_ended_and_its_error_is_told(error: BaseException) -> None:
    given_up = Event()

    def goes_on() -> None:
        if not given_up.wait(WAIT):
            raise AssertionError
        raise ToolFailed("it was ended")

    def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        side_by_side([goes_on, fails], give_up=given_up.set)
    assert caught.value is error


def test_work_that_only_begins_when_another_has_failed_is_ended_too() -> None:
    begun, ended = Event(), Event()

    def begins_late() -> None:
        assert begun.wait(WAIT)
        assert ended.wait(WAIT)

    def fails() -> None:
        raise ToolFailed("a disk")

    def give_up() -> None:
        (ended if begun.is_set() else begun).set()

    with pytest.raises(ToolFailed, match="a disk"):
        side_by_side([begins_late, fails], give_up=give_up)
    assert ended.is_set()


def test_that_giving_up_fails_is_not_told() -> None:
    def fails() -> None:
        raise ToolFailed("a disk")

    asked = Event()

    def goes_on() -> None:
        assert asked.wait(WAIT)

    def engine_gone() -> None:
        asked.set()
        raise ToolFailed("no engine")

    with pytest.raises(ToolFailed, match="a disk"):
        side_by_side([goes_on, fails], give_up=engine_gone)
