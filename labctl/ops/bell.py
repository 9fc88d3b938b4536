"""Where those that follow cluster, engine and files meet the one that looks again."""

import threading


class Bell:
    """Rung from any thread, heard in one. What was rung while nobody listened is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rung: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._closed = False

    def ring(self, what: str) -> None:
        """Something changed in the cluster, the engine, the files."""
        with self._condition:
            self._rung.add(what)
            self._condition.notify_all()

    def state(self, who: str, reason: str) -> None:
        """Why this one can't tell of changes; empty when it can (again)."""
        with self._condition:
            before = self._reasons.pop(who, "")
            if reason:
                self._reasons[who] = reason
            if reason != before:
                self._rung.add(who)
                self._condition.notify_all()

    def close(self) -> None:
        """Nobody needs to listen any more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait(self, seconds: float) -> frozenset[str]:
        """What was rung since the last call, or is within so many seconds; else nothing."""
        with self._condition:
            self._condition.wait_for(lambda: bool(self._rung) or self._closed, seconds)
            rung = frozenset(self._rung)
            self._rung.clear()
            return rung

    @property
    def rung(self) -> bool:
        """Whether something was rung that nobody has waited for yet."""
        return bool(self._rung)

    @property
    def reason(self) -> str:
        """Why not all changes can be told; empty where they are."""
        with self._condition:
            return next(iter(self._reasons.values()), "")

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed
