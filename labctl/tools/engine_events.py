"""The engine's events: what is told when a container or an image comes, changes or goes.

Asking every few seconds would do too, but an exec of a check in a node would not be told apart from
a change, and a container that runs for a second would be missed.
"""

from collections.abc import Callable
from typing import Any, Final

from labctl.errors import LabctlError, PrerequisiteMissing
from labctl.model import LABEL_KIND
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_sdk import engine_errors
from labctl.tools.follower import PAUSE, Follower

# No exec_*: checks look into nodes by exec. No save: a check may read an image.
ACTIONS: Final = (
    *("create", "start", "restart", "die", "kill", "stop", "pause", "unpause", "oom"),
    *("rename", "update", "destroy", "commit", "import", "load", "pull", "tag", "untag", "delete"),
)
CHECK_RUN: Final = "check-run"
"""The label of containers that checks run and throw away: no change, and no reason to check again."""


class EngineEvents(Follower):
    """Follows containers and images of the engine.

    Args:
        engine: one of its own: the SDK's client is for one thread.
        changed: see Follower.
        state: see Follower.
        pause: see Follower.
    """

    def __init__(
        self,
        engine: DockerEngine,
        *,
        changed: Callable[[str], None],
        state: Callable[[str, str], None],
        pause: float = PAUSE,
    ) -> None:
        super().__init__("engine", changed=changed, state=state, pause=pause)
        self._engine = engine
        self._stream: Any = None
        self._followed = False

    def _follow(self) -> None:
        filters = {"type": ["container", "image"], "event": list(ACTIONS)}
        with engine_errors("follow the engine's events"):
            self._stream = self._engine.api.events(decode=True, filters=filters)
            self._works()
            if self._followed:  # what happened in between was told to nobody
                self._changed(self.name)
            self._followed = True
            if self._stopped.is_set():
                self._cut()
            for event in self._stream:
                labels = event.get("Actor", {}).get("Attributes") or {}
                if labels.get(LABEL_KIND) != CHECK_RUN:
                    self._changed(self.name)

    def _cut(self) -> None:
        if self._stream is not None:
            # It has ended, or its connection has another shape than the SDK knows (ssh).
            with engine_errors("leave the engine's events"):
                self._stream.close()

    def _is_outage(self, err: LabctlError) -> bool:
        return isinstance(err, PrerequisiteMissing)
