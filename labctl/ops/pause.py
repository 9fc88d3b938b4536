"""`labctl pause` and `labctl resume`: a lab that takes no processor time, and all of it back."""

from collections.abc import Callable, Iterable

from labctl.errors import ToolFailed
from labctl.model import Cluster, Node
from labctl.ops import clusters
from labctl.ops.create import Ports, restore_kubeconfig, wait_ready
from labctl.ops.ports import Engine

LOCK_TIMEOUT = 300.0


def pause(name: str, ports: Ports, *, on_wait: Callable[[], None] | None = None) -> bool:
    """Freeze all that runs in a cluster's nodes; False where all of it rests already.

    Memory stays taken, nothing is lost, and nothing is told: to the cluster, no time passes.

    Raises:
        ToolFailed: a node does not rest; the others do.
    """
    with ports.store.lock(name, timeout=LOCK_TIMEOUT, on_wait=on_wait):
        awake = [node for node in _found(name, ports).nodes if node.running]
        if not awake:
            return False
        with ports.progress.phase(f"Pause lab '{name}'"):
            freeze(awake, ports.engine)
            left = [node.name for node in _found(name, ports).nodes if node.running]
        if left:
            raise ToolFailed(f"Node '{left[0]}' of lab '{name}' goes on running.")
        return True


def resume(name: str, ports: Ports, *, on_wait: Callable[[], None] | None = None) -> bool:
    """Bring a cluster's paused or stopped nodes back, to ready; False where all of them run.

    Raises:
        ToolFailed: the cluster does not get ready.
    """
    with ports.store.lock(name, timeout=LOCK_TIMEOUT, on_wait=on_wait):
        return wake(_found(name, ports), ports)


def wake(cluster: Cluster, ports: Ports) -> bool:
    """The same for who has the lock; waits for ready in any case."""
    resting = [node for node in cluster.nodes if not node.running]
    if resting:
        with ports.progress.phase("Start the nodes that rest"):
            thaw(resting, ports.engine)
    restore_kubeconfig(cluster.name, cluster.kind_name, ports.clusters, ports.store)
    wait_ready(cluster, ports)
    return bool(resting)


def freeze(nodes: Iterable[Node], engine: Engine) -> None:
    """The control plane first: it must not miss a worker that sleeps already."""
    for node in sorted(nodes, key=lambda node: node.role != "control-plane"):
        engine.pause(node.name)


def thaw(nodes: Iterable[Node], engine: Engine) -> None:
    """Workers first: a control plane that wakes alone misses them."""
    for node in sorted(nodes, key=lambda node: node.role == "control-plane"):
        engine.start(node.name)


def _found(name: str, ports: Ports) -> Cluster:
    found = clusters.find(ports.engine, name)
    if found is None:
        raise ToolFailed(f"Lab '{name}' was removed in the meantime.")
    return found
