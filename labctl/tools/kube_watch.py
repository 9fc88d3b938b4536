"""The API server's watch: a stream that tells of every change of a kind.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from labctl.errors import ApiUnreachable, LabctlError
from labctl.tools.follower import PAUSE, Follower
from labctl.tools.kube_rest import ApiRefused, Rest, Stream

SERVER_TIMEOUT: Final = 240
"""Seconds after which the API server ends a stream; the next one goes on where it ended."""
SILENCE: Final = 90.0
"""Seconds without a byte after which a stream is taken for dead. Bookmarks come each minute."""


class KubeWatch(Follower):
    """Follows the objects of one kind, in a namespace or in the whole cluster.

    Args:
        kubeconfig: how to reach the cluster.
        api_version: such as `apps/v1`, or `v1`.
        resource: the kind's name in paths: `deployments`.
        namespace: None for kinds of the whole cluster.
        changed: see Follower.
        state: see Follower.
        pause: see Follower.
    """

    def __init__(
        self,
        kubeconfig: Path,
        api_version: str,
        resource: str,
        namespace: str | None,
        *,
        changed: Callable[[str], None],
        state: Callable[[str, str], None],
        pause: float = PAUSE,
    ) -> None:
        super().__init__(resource, changed=changed, state=state, pause=pause)
        self._rest = Rest(kubeconfig)
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        self._path = f"{root}/{f'namespaces/{namespace}/' if namespace else ''}{resource}"
        self._version = ""
        """The resource version up to which all is known; empty when a list must be asked for."""
        self._listed = False
        self._stream: Stream | None = None

    def _follow(self) -> None:
        if not self._version:
            self._list()
        query = {
            "watch": "true",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(SERVER_TIMEOUT),
        }
        try:
            with self._rest.stream(self._path, query=query, timeout=SILENCE) as self._stream:
                self._works()
                if self._stopped.is_set():
                    return
                for line in self._stream:
                    self._take(json.loads(line))
        except ApiRefused as err:
            self._version = ""
            if err.status != HTTPStatus.GONE:
                raise
        finally:
            self._stream = None

    def _list(self) -> None:
        """Where to begin. One object is enough: the version is the whole list's."""
        found = self._rest.json("GET", self._path, query={"limit": "1"})
        self._version = str(found["metadata"]["resourceVersion"])
        if self._listed:  # what happened in between was told to nobody
            self._changed(self.name)
        self._listed = True

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "ERROR":
            # 410 "too old" as a rule; whatever it is, the version is no good any more.
            self._version = ""
            return
        self._version = str(event["object"]["metadata"]["resourceVersion"])
        if event["type"] != "BOOKMARK":
            self._changed(self.name)

    def _cut(self) -> None:
        stream = self._stream
        if stream is not None:
            stream.cut()

    def _is_outage(self, err: LabctlError) -> bool:
        return isinstance(err, ApiUnreachable)
