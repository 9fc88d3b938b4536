"""Work on several nodes at once, which ends soon where one of them fails or a person interrupts it."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final, TypeVar

from labctl.errors import LabctlError
from labctl.interrupts import shielded

T = TypeVar("T")

AGAIN: Final = 0.5
"""Seconds."""


def side_by_side(work: Sequence[Callable[[], T]], *, give_up: Callable[[], object]) -> list[T]:
    """Do all of it, each in a thread of its own; the answers in the same order.

    Args:
        work: what to do; at least one.
        give_up: has the rest end soon; called, maybe again, until all have ended. That it fails itself
            is not told.

    Raises:
        Whatever was raised first.
    """
    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        running = [pool.submit(one) for one in work]
        try:
            ended, _ = wait(running, return_when=FIRST_EXCEPTION)
            for one in ended:
                one.result()
        except BaseException:
            with shielded():
                _end(running, give_up)
            raise
        return [one.result() for one in running]


def _end(running: Sequence[Future[T]], give_up: Callable[[], object]) -> None:
    """Give up until all have ended: one may only have been about to begin."""
    for one in running:
        one.cancel()
    while wait(running, timeout=0).not_done:
        with suppress(LabctlError):
            give_up()
        wait(running, timeout=AGAIN)
