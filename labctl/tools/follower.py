"""A thread that follows something outside, until it is told to stop."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from labctl.errors import LabctlError

PAUSE: Final = 1.0
"""Seconds before something that ended is followed anew."""
REFUSALS: Final = 3
"""Failures in a row until it is told. A server that has just started may refuse for a second."""
REFUSED_PAUSE: Final = 10
"""How many times longer the pause is after that."""
STOP: Final = 5.0
"""Seconds to wait for the thread's end; it is a daemon, and keeps no process from ending."""


class Follower(ABC):
    """Follows again and again.

    Args:
        name: of what is followed.
        changed: called with the name, from the thread, when something changed.
        state: called with the name, and why it can't be followed; with an empty reason when it can
            be again.
        pause: seconds; see PAUSE.
    """

    def __init__(
        self,
        name: str,
        *,
        changed: Callable[[str], None],
        state: Callable[[str, str], None],
        pause: float = PAUSE,
    ) -> None:
        self.name = name
        self._changed = changed
        self._state = state
        self._pause = pause
        self._stopped = threading.Event()
        self._refused = 0
        self._thread = threading.Thread(target=self._run, name=f"follow {name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop to follow."""
        self._stopped.set()
        self._cut()
        if self._thread.is_alive():
            self._thread.join(STOP)

    @abstractmethod
    def _follow(self) -> None:
        """Follow until it ends; it is followed anew then. Raises a LabctlError when it can't be."""

    def _cut(self) -> None:  # noqa: B027 - not all have something to cut
        """End what `_follow` waits for; called from another thread, maybe before it waits."""

    def _works(self) -> None:
        """To be called by `_follow` when it got what it asked for."""
        self._refused = 0
        self._state(self.name, "")

    def _is_outage(self, err: LabctlError) -> bool:  # noqa: ARG002
        """Whether nobody could follow at present: then there is nothing to say of this one."""
        return False

    def _run(self) -> None:
        while not self._stopped.is_set():
            pause = self._pause
            try:
                self._follow()
            except LabctlError as err:
                if not self._is_outage(err):
                    pause = self._failed(err.message)
            except Exception as err:  # noqa: BLE001 - a thread that dies silently tells nothing
                # What nobody expected will not go away by trying again.
                self._state(self.name, f"{type(err).__name__}: {err}")
                return
            self._stopped.wait(pause)

    def _failed(self, reason: str) -> float:
        """Take in a failure; answers the seconds to wait."""
        if self._stopped.is_set():
            return 0.0
        self._refused += 1
        if self._refused < REFUSALS:
            return self._pause
        self._state(self.name, reason)
        return self._pause * REFUSED_PAUSE
