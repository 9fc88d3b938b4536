"""Waiting for a condition with a deadline: the only module that sleeps."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import tenacity

from labctl.errors import ToolTimeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the code sees it; tests pass one that takes no time. Seconds."""

    now: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True, slots=True)
class Pending:
    """Not there yet: what was last seen, for the progress line and the timeout's message."""

    seen: str


def wait_until(
    condition: Callable[[], T | Pending],
    *,
    what: str,
    timeout: float,
    interval: float = 0.2,
    clock: Clock | None = None,
    on_pending: Callable[[str], None] | None = None,
    hint: str = "",
) -> T:
    """Return the first answer that is not `Pending`.

    Args:
        condition: asked at once and then every `interval` seconds.
        what: ends the sentence "Waited 60 s for ...".
        timeout: seconds, measured on a monotonic clock.
        interval: seconds.
        clock: real time where none is given.
        on_pending: told what each unfinished answer has seen.
        hint: what to do about a timeout.

    Raises:
        ToolTimeout: with the state last seen.
    """
    clock = clock or Clock()
    last = Pending("nothing yet")
    start = clock.now()

    def ask() -> T | Pending:
        nonlocal last
        answer = condition()
        if isinstance(answer, Pending):
            last = answer
            if on_pending:
                on_pending(answer.seen)
        return answer

    retry: tenacity.Retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: isinstance(answer, Pending)),
        stop=lambda _: clock.now() - start >= timeout,
        wait=tenacity.wait_fixed(interval),
        sleep=clock.sleep,
        retry_error_callback=lambda _: last,
    )
    answer = retry(ask)
    if isinstance(answer, Pending):
        raise ToolTimeout(
            f"Waited {timeout:.0f} s for {what}; last seen: {answer.seen}.", hint=hint
        )
    return answer
