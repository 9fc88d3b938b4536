"""One stream for several receivers at once, at the pace of the slowest, without holding it.

Each receiver gets the pieces that it needs, and no others.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from labctl.archive import Piece
from labctl.errors import LabctlError

DEPTH: Final = 8
"""Chunks that may wait for one receiver; with chunks of 1 MiB a receiver costs 8 MiB."""

Receive = Callable[[Iterable[bytes]], None]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets what."""

    receive: Receive
    """Reads its chunks to the end, on a thread of its own."""
    needs: Collection[str]
    """The tags of what it gets, beside all that has none."""


@dataclass
class _Channel:
    """Chunks on their way to one receiver."""

    waiting: deque[bytes] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: bool = False
    left: bool = False

    def send(self, chunk: bytes) -> None:
        """Wait for room; nothing is sent to a receiver that has left."""
        with self.changed:
            self.changed.wait_for(lambda: self.left or len(self.waiting) < DEPTH)
            if not self.left:
                self.waiting.append(chunk)
                self.changed.notify_all()

    def end(self) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def leave(self) -> None:
        with self.changed:
            self.left = True
            self.waiting.clear()
            self.changed.notify_all()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.waiting or self.ended or self.left)
                if not self.waiting:
                    return
                chunk = self.waiting.popleft()
                self.changed.notify_all()
            yield chunk


class _Delivery(threading.Thread):
    """A receiver at work, and how it ended."""

    def __init__(self, name: str, receiver: Receiver) -> None:
        super().__init__(name=f"deliver to {name}", daemon=True)
        self.channel = _Channel()
        self.failure: BaseException | None = None
        self._receive = receiver.receive
        self._needs = receiver.needs

    def send(self, tag: str, chunk: bytes) -> None:
        if not tag or tag in self._needs:
            self.channel.send(chunk)

    def run(self) -> None:
        try:
            self._receive(self.channel)
        except BaseException as err:  # noqa: BLE001 - told to the thread that waits for this one
            self.failure = err
        finally:
            self.channel.leave()


def send_to_all(
    pieces: Iterable[Piece],
    receivers: Mapping[str, Receiver],
    *,
    on_sent: Callable[[int], None] | None = None,
) -> dict[str, LabctlError]:
    """Give every receiver what it needs, each on a thread of its own; answers who failed and why.

    A receiver that fails or leaves early holds up nobody. Where the pieces themselves fail, all
    receivers see an early end, and the failure is raised when they have ended.

    Args:
        pieces: read once, on the calling thread.
        receivers: by name.
        on_sent: told the bytes read so far, after each piece.
    """
    deliveries = {name: _Delivery(name, receiver) for name, receiver in receivers.items()}
    for delivery in deliveries.values():
        delivery.start()
    sent = 0
    try:
        for tag, chunk in pieces:
            for delivery in deliveries.values():
                delivery.send(tag, chunk)
            sent += len(chunk)
            if on_sent:
                on_sent(sent)
            if all(delivery.channel.left for delivery in deliveries.values()):
                break
    finally:
        for delivery in deliveries.values():
            delivery.channel.end()
        for delivery in deliveries.values():
            delivery.join()
    return _failures(deliveries)


def _failures(deliveries: Mapping[str, _Delivery]) -> dict[str, LabctlError]:
    failures = {}
    for name, delivery in deliveries.items():
        if isinstance(delivery.failure, LabctlError):
            failures[name] = delivery.failure
        elif delivery.failure:
            raise delivery.failure
    return failures
