"""Which clusters there are: asked of the engine's labels, never of a file."""

from collections.abc import Collection
from itertools import groupby
from typing import Protocol

from labctl.claim import SPARE
from labctl.errors import PrerequisiteMissing
from labctl.model import (
    LABEL_CLUSTER,
    LABEL_KUBERNETES,
    LABEL_LAB,
    LABEL_OCI_RUNTIME,
    LABEL_RUNTIME,
    Cluster,
    Node,
    OciRuntime,
)


class Nodes(Protocol):
    """The engine, as far as it is asked here."""

    def nodes(self) -> tuple[Node, ...]:
        """All node containers of all kind clusters."""


def clusters(engine: Nodes) -> tuple[Cluster, ...]:
    """The clusters that labctl made, by name, with all their nodes; no spare ones."""
    return tuple(one for one in _all(engine) if one.lab != SPARE)


def spares(engine: Nodes) -> tuple[Cluster, ...]:
    """The clusters that wait to become a lab's."""
    return tuple(one for one in _all(engine) if one.lab == SPARE)


def _all(engine: Nodes) -> tuple[Cluster, ...]:
    ours = sorted(
        (node for node in engine.nodes() if LABEL_CLUSTER in node.labels),
        key=lambda node: (node.labels[LABEL_CLUSTER], node.name),
    )
    return tuple(
        _cluster(name, tuple(nodes))
        for name, nodes in groupby(ours, key=lambda node: node.labels[LABEL_CLUSTER])
    )


def find(engine: Nodes, name: str) -> Cluster | None:
    """The cluster of that name, a spare one too, or None."""
    return next((cluster for cluster in _all(engine) if cluster.name == name), None)


def foreign(engine: Nodes, kind_name: str) -> tuple[Node, ...]:
    """Nodes of a kind cluster by that name that labctl did not make."""
    return tuple(
        node
        for node in engine.nodes()
        if node.kind_cluster == kind_name and LABEL_CLUSTER not in node.labels
    )


def refuse_running(engine: Nodes, labs: Collection[str]) -> None:
    """A lab's containers and images on this machine are one set, whichever cluster it runs on.

    Raises:
        PrerequisiteMissing: one of the labs runs, and would lose them to who works on it beside.
    """
    running = next((cluster for cluster in clusters(engine) if cluster.lab in labs), None)
    if running:
        raise PrerequisiteMissing(
            f"Lab '{running.lab}' is running here, and what you made in it would be removed.",
            hint=f"When you are done with it: labctl down --name {running.name}",
        )


def _cluster(name: str, nodes: tuple[Node, ...]) -> Cluster:
    labels = nodes[0].labels
    return Cluster(
        name=name,
        lab=labels.get(LABEL_LAB, ""),
        kubernetes=labels.get(LABEL_KUBERNETES, ""),
        runtimes=tuple(dict.fromkeys(node.labels.get(LABEL_RUNTIME, "") for node in nodes)),
        oci_runtime=labels.get(LABEL_OCI_RUNTIME, OciRuntime.RUNC),
        nodes=nodes,
    )
