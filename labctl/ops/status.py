"""`labctl status`: what runs, asked of the engine and of each API server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import Cluster
from labctl.ops import clusters, readiness
from labctl.ops.clusters import Nodes


@dataclass(frozen=True, slots=True)
class Status:
    """A cluster and its state in a word: ready, not ready, paused, stopped, incomplete,
    half-made."""

    cluster: Cluster
    state: str
    reason: str = ""


class Engine(Nodes, Protocol):
    """The engine, as far as it is asked here."""

    def started_at(self, container: str) -> datetime: ...  # noqa: D102


def status(
    engine: Engine,
    kube: Callable[[str], readiness.Objects],
    made_with: Callable[[str], int | None],
) -> tuple[Status, ...]:
    """The state of every cluster that labctl made."""
    return tuple(_status(found, engine, kube, made_with) for found in clusters.clusters(engine))


def _status(
    cluster: Cluster,
    engine: Engine,
    kube: Callable[[str], readiness.Objects],
    made_with: Callable[[str], int | None],
) -> Status:
    stopped = [node.name for node in cluster.nodes if not node.running]
    made = made_with(f"{cluster.kind_name}-control-plane")
    if made is None:
        return Status(cluster, "half-made", "'labctl up' starts over, 'labctl down' removes it")
    if len(cluster.nodes) < made:
        reason = f"{made - len(cluster.nodes)} of {made} nodes removed"
        return Status(cluster, "incomplete", f"{reason}; 'labctl up --recreate' makes it anew")
    if cluster.paused:
        return Status(cluster, "paused", "'labctl resume' goes on with it")
    if stopped:
        return Status(cluster, "stopped", f"stopped: {', '.join(stopped)}")
    try:
        started = {node.name: engine.started_at(node.name) for node in cluster.nodes}
        waits_for = readiness.unready(kube(cluster.name), started)
    except (ToolFailed, PrerequisiteMissing) as err:
        return Status(cluster, "not ready", err.message)
    return Status(cluster, "not ready", waits_for) if waits_for else Status(cluster, "ready")
