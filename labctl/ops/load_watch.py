"""`labctl load --watch`: from a saved file to running Pods, again and again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any, Final, Protocol

from labctl.errors import KubeNotFound, UsageError
from labctl.image_names import qualified
from labctl.ops.bell import Bell
from labctl.ops.load import Loaded, Result, raise_if_failed
from labctl.ops.ports import Progress
from labctl.resource import Resource
from labctl.waiting import Clock, Pending, wait_until

QUIET: Final = 0.3
"""Seconds without a change: editors save in several steps."""
ROLL_OUT: Final = 180.0
"""Seconds for all Pods of the new image to be ready."""
LONG: Final = 3600.0
MAKERS: Final = (
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
)
"""What can be told to make its Pods anew."""


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def get(  # noqa: D102
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Resource: ...

    def list(  # noqa: D102
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
        *,
        all_namespaces: bool = False,
    ) -> tuple[Resource, ...]: ...

    def patch(self, about: Resource, change: Mapping[str, Any]) -> Resource: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Round:
    """One way from files to Pods. Seconds of each part; what was loaded, who was restarted."""

    build: float
    load: float
    restart: float
    loaded: tuple[Loaded, ...]
    restarted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a round is made of."""

    build: Callable[[], None]
    load: Callable[[], tuple[Loaded, ...]]
    kube: Kube
    progress: Progress
    clock: Clock
    saved: Callable[[], bool] = lambda: False
    """Whether files were saved since the round began: nobody waits for Pods of old ones."""


class Superseded(Exception):
    """A newer save came before all Pods were ready."""


def rounds(bell: Bell, files: str, once: Callable[[], None]) -> None:
    """Go round once, and again after each change of the files; until the bell is closed.

    Args:
        bell: rung with `files` by who follows them.
        files: what the bell says then.
        once: one round; it tells its own failures.
    """
    once()
    while not bell.closed:
        if files in bell.wait(LONG):
            while bell.wait(QUIET):
                pass
            once()


def go_round(image: str, parts: Parts) -> Round:
    """Build, load what changed, restart what uses it where it changed; all was seen running.

    Raises:
        ToolFailed: the build, a node, or Pods that do not get ready.
        Superseded: files were saved before they were.
    """
    seconds = [parts.clock.now()]
    parts.build()
    seconds.append(parts.clock.now())
    loaded = parts.load()
    raise_if_failed(loaded)
    seconds.append(parts.clock.now())
    changed = any(one.result is Result.LOADED for one in loaded)
    restarted = _restart(image, parts) if changed else ()
    seconds.append(parts.clock.now())
    build, load, again = (later - before for before, later in pairwise(seconds))
    return Round(build, load, again, loaded, restarted)


def _restart(image: str, parts: Parts) -> tuple[str, ...]:
    """Have all that runs the image make its Pods anew, and wait until they are ready.

    As `kubectl rollout restart` does it. Answers `deployment/NAME` of each.
    """
    makers = list(_makers(qualified(image), parts.kube))
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    mark = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}
    asked = [parts.kube.patch(one, {"spec": {"template": mark}}) for one in makers]
    names = tuple(f"{one.kind.lower()}/{one.name}" for one in asked)
    for name, one in zip(names, asked, strict=True):
        with parts.progress.phase(f"Restart {name}"):
            wait_until(
                partial(_rolled_out, parts, one),
                what=f"{name} to run the new image",
                timeout=ROLL_OUT,
                clock=parts.clock,
            )
    return names


def _makers(name: str, kube: Kube) -> Iterator[Resource]:
    for api_version, kind in MAKERS:
        for one in kube.list(api_version, kind, all_namespaces=True):
            if name in _images(one.at("spec.template.spec") or {}):
                yield Resource({"apiVersion": api_version, "kind": kind, **one.raw})


def _images(spec: Mapping[str, Any]) -> set[str]:
    containers: Sequence[Mapping[str, Any]] = (
        *(spec.get("containers") or ()),
        *(spec.get("initContainers") or ()),
    )
    found = set()
    for one in containers:
        try:
            found.add(qualified(str(one.get("image") or "")))
        except UsageError:  # by a digest: no load changes what that means
            continue
    return found


def _rolled_out(parts: Parts, asked: Resource) -> bool | Pending:
    if parts.saved():
        raise Superseded
    try:
        now = parts.kube.get(asked.api_version, asked.kind, asked.name, asked.namespace)
    except KubeNotFound:
        return True  # deleted meanwhile: nothing runs the old image
    status: Mapping[str, Any] = now.at("status") or {}
    if status.get("observedGeneration", 0) < asked.at("metadata.generation", 0):
        return Pending("not noticed yet")
    daemons = now.kind == "DaemonSet"
    wanted = status.get("desiredNumberScheduled", 0) if daemons else now.at("spec.replicas", 1)
    there = status.get("currentNumberScheduled" if daemons else "replicas", 0)
    updated = status.get("updatedNumberScheduled" if daemons else "updatedReplicas", 0)
    ready = status.get("numberReady" if daemons else "readyReplicas", 0)
    if (there, updated, ready) == (wanted, wanted, wanted):
        return True
    state = f"{updated} of {wanted} Pods are new, {ready} are ready"
    parts.progress.detail(state)
    return Pending(state)
