"""What the learner asked `up` for, beside what is there. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from labctl.counting import count
from labctl.errors import UsageError
from labctl.model import Cluster, OciRuntime, Runtime

HISTORY: Final = (Runtime.CONTAINERD, Runtime.DOCKERSHIM)
"""The runtimes of the historic cluster's two nodes."""
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Wish:
    """None means: whatever is there, or the default."""

    name: str
    lab: str
    kubernetes: str | None = None
    """A full version, 1.36.3."""
    runtimes: tuple[Runtime, ...] | None = None
    """Several are given to the workers in turn."""
    oci_runtime: OciRuntime | None = None
    nodes: int | None = None
    default_runtimes: tuple[Runtime, ...] = (Runtime.CONTAINERD,)
    """Those of a new cluster where nothing was asked for; the lab says so."""
    default_nodes: int | None = None

    def layout(self) -> tuple[Runtime, ...]:
        """The runtime of each node of a new cluster, the control plane first."""
        runtimes = self.runtimes or self.default_runtimes
        # The lab's number of nodes belongs to the lab's runtimes.
        lab_nodes = self.default_nodes if not self.runtimes or len(runtimes) == 1 else None
        return node_runtimes(runtimes, self.nodes or lab_nodes)


def check_name(name: str) -> None:
    """UsageError when a name can't be part of a container's and a node's name."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' can't be a lab's name here.",
            hint="Use 1 to 40 lower-case letters, digits and dashes, no dash at either end.",
        )


def node_runtimes(runtimes: Sequence[Runtime], nodes: int | None) -> tuple[Runtime, ...]:
    """The runtime of each node, the control plane first.

    The historic cluster is a control plane and a worker. One runtime is every node's. Of several
    the control plane has the first, and the workers have them in turn, one worker for each unless
    more are asked for.

    Raises:
        UsageError: fewer workers than runtimes.
    """
    if Runtime.DOCKERSHIM in runtimes:
        return HISTORY
    if len(runtimes) == 1:
        return tuple(runtimes) * (nodes or 1)
    workers = len(runtimes) if nodes is None else nodes - 1
    if workers < len(runtimes):
        raise UsageError(
            f"{len(runtimes)} runtimes need a control plane and {len(runtimes)} workers, but"
            f" --nodes is {nodes}.",
            hint=f"Leave --nodes out, or ask for {len(runtimes) + 1} or more.",
        )
    return (runtimes[0], *islice(cycle(runtimes), workers))


def differences(wish: Wish, cluster: Cluster) -> list[str]:
    """What a running cluster is that was asked to be otherwise, as parts of a sentence."""
    found: list[str] = []
    if wish.lab != cluster.lab:
        found.append(f"it runs lab '{cluster.lab}', not '{wish.lab}'")
    if wish.kubernetes and wish.kubernetes != cluster.kubernetes:
        found.append(f"it runs Kubernetes {cluster.kubernetes}, not {wish.kubernetes}")
    if wish.runtimes and wish.runtimes != cluster.runtimes:
        found.append(f"its runtime is {cluster.runtime}, not {','.join(wish.runtimes)}")
    if wish.oci_runtime and wish.oci_runtime != cluster.oci_runtime:
        found.append(f"its OCI runtime is {cluster.oci_runtime}, not {wish.oci_runtime}")
    if wish.nodes and wish.nodes != len(cluster.nodes):
        found.append(f"it has {count(len(cluster.nodes), 'node')}, not {wish.nodes}")
    return found


def refuse_differences(wish: Wish, cluster: Cluster) -> None:
    """UsageError when the cluster is another one than was asked for."""
    found = differences(wish, cluster)
    if found:
        raise UsageError(
            f"Cluster '{cluster.name}' is there already: {'; '.join(found)}. Nothing was changed.",
            hint="Add --recreate to replace it, or --name OTHER to have both.",
        )
