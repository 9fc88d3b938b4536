"""The newest snapshot, put in by one thread and read in an event loop by each open page."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

from labctl.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Ended:
    """There will be no more snapshots."""

    reason: str


News = Snapshot | Ended
Reader = tuple[asyncio.AbstractEventLoop, asyncio.Event]


@dataclass
class Hub:
    """Readers get the newest at once and then each newer one; what a slow one misses is old."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _news: News | None = None
    _number: int = 0
    _readers: set[Reader] = field(default_factory=set)

    def publish(self, news: News) -> None:
        """Replace the newest. After an end nothing comes any more."""
        with self._lock:
            if isinstance(self._news, Ended):
                return
            self._news, self._number = news, self._number + 1
            readers = list(self._readers)
        for loop, event in readers:
            with suppress(RuntimeError):  # its loop has just been closed
                loop.call_soon_threadsafe(event.set)

    async def follow(self, beat: float) -> AsyncIterator[News | None]:
        """What is published, until the end; None after each `beat` seconds without anything."""
        reader = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._readers.add(reader)
        seen = 0
        try:
            while True:
                with self._lock:
                    news, number = self._news, self._number
                reader[1].clear()
                if number != seen:
                    seen = number
                    yield news
                    if isinstance(news, Ended):
                        return
                try:
                    await asyncio.wait_for(reader[1].wait(), beat)
                except TimeoutError:
                    yield None
        finally:
            with self._lock:
                self._readers.discard(reader)
