"""Work that must not be cut in half by Ctrl-C or a polite kill."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def shielded() -> Iterator[None]:
    """Drop such signals until the block ends: for cleaning up, so keep it short."""
    with _collected():
        yield


@contextmanager
def held() -> Iterator[None]:
    """Hold such signals back until the block ends, and deliver them then."""
    with _collected() as signals:
        yield
    for sign in signals:
        os.kill(os.getpid(), sign)


@contextmanager
def _collected() -> Iterator[set[int]]:
    """Collect the signals. With handlers, not SIG_IGN: a child would inherit that."""
    signals: set[int] = set()
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = {sign: signal.signal(sign, lambda sign, _: signals.add(sign)) for sign in SIGNALS}
    try:
        yield signals
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
