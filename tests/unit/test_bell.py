"""What threads ring and one hears."""

import threading
import time

from labctl.ops.bell import Bell


def test_what_was_rung_is_heard_once_even_if_nobody_listened() -> None:
    bell = Bell()
    bell.ring("pods")
    bell.ring("files")
    bell.ring("pods")
    assert bell.wait(0) == {"pods", "files"}
    assert bell.wait(0) == frozenset()


def test_a_listener_hears_another_thread_at_once() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.ring, ["pods"]).start()
    start = time.monotonic()
    assert bell.wait(30) == {"pods"}
    assert time.monotonic() - start < 10


def test_the_reason_of_one_that_cannot_tell_stays_until_it_can() -> None:
    bell = Bell()
    bell.state("pods", "")
    assert bell.wait(0) == frozenset()
    bell.state("pods", "forbidden")
    bell.state("engine", "refused")
    assert bell.reason == "forbidden"
    assert bell.wait(0) == {"pods", "engine"}
    bell.state("pods", "forbidden")
    assert bell.wait(0) == frozenset()
    bell.state("pods", "")
    assert bell.wait(0) == {"pods"}
    assert bell.reason == "refused"


def test_closing_ends_a_wait() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.close).start()
    assert bell.wait(30) == frozenset()
    assert bell.closed
    assert bell.wait(30) == frozenset()
