"""The spare: one cluster that is ready and rests, until `up` takes it for a lab.

It keeps its memory and takes no processor time. Its controller manager does not rest with it: one
that wakes after a minute finds that no node has reported for as long, calls all of them lost, and
takes ten seconds to learn better. So it ends before the rest, and a new one starts after it.
"""

from collections.abc import Callable
from typing import Final, Protocol

from labctl.claim import CLAIM, claim
from labctl.errors import ToolFailed
from labctl.interrupts import held
from labctl.model import Cluster, ClusterSpec
from labctl.ops import clusters
from labctl.ops.checkpoints import ready_name
from labctl.ops.create import Ports, remove, restore_kubeconfig
from labctl.ops.pause import freeze, thaw
from labctl.ops.ports import Engine, Runner
from labctl.resource import Resource
from labctl.waiting import Pending, wait_until

LOCK: Final = "spare."
"""No cluster's name has a dot."""
LOCK_TIMEOUT: Final = 600.0
AWAKE: Final = 20.0
"""Seconds for kubelets to answer after a rest."""
_MANIFEST: Final = "/etc/kubernetes/manifests/kube-controller-manager.yaml"
_SHAPE: Final = "/kind/labctl/spare"
"""The name of the checkpoint for such clusters: by all that one depends on."""
_ASIDE: Final = "/kind/labctl/kube-controller-manager.yaml"


class Kube(Protocol):
    """The API server, as far as it is asked here."""

    def list(  # noqa: D102
        self, api_version: str, kind: str, namespace: str | None = None
    ) -> tuple[Resource, ...]: ...

    def get_raw(self, path: str) -> str: ...  # noqa: D102


def fitting(spec: ClusterSpec, ports: Ports) -> Cluster | None:
    """The spare that could be this cluster."""
    wanted = (ready_name(spec, ports.engine) or "").encode()
    for one in clusters.spares(ports.engine):
        shape = ports.engine.get_file(f"{one.kind_name}-control-plane", _SHAPE)
        if wanted and one.paused and shape == wanted:
            return one
    return None


def there(engine: Engine) -> bool:
    """Whether there is a spare, or one is being made. One that stopped with the machine is none."""
    return not all(one.switched_off for one in clusters.spares(engine))


def warm(
    spec: ClusterSpec,
    make: Callable[[ClusterSpec], Cluster],
    kube: Callable[[str], Kube],
    ports: Ports,
    runner: Runner,
    *,
    wanted: Callable[[], bool] = lambda: True,
) -> Cluster | None:
    """Make a spare and let it rest; None where there is one. One of another shape goes.

    `wanted` is asked when it is this one's turn: none may be wanted any more.

    Raises:
        ToolFailed: it did not get ready; nothing of it is left.
    """
    with ports.store.lock(LOCK, timeout=LOCK_TIMEOUT):
        if not wanted() or fitting(spec, ports):
            return None
        _remove(ports)
        try:
            made = make(spec)
            with ports.progress.phase("Let it rest"):
                shape = ready_name(spec, ports.engine) or ""
                node = f"{made.kind_name}-control-plane"
                ports.engine.put_file(node, _SHAPE, shape.encode())
                _rest(made, kube(made.name), ports, runner)
        except BaseException:
            remove(spec.name, ports)
            raise
        return made


def cool(ports: Ports, *, on_wait: Callable[[], None] | None = None) -> int:
    """Remove the spares, whatever their state; how many there were."""
    with ports.store.lock(LOCK, timeout=LOCK_TIMEOUT, on_wait=on_wait):
        return _remove(ports)


def _remove(ports: Ports) -> int:
    found = clusters.spares(ports.engine)
    for one in found:
        with ports.progress.phase("Remove the spare cluster"):
            remove(one.name, ports)
    return len(found)


def take(spec: ClusterSpec, kube: Callable[[str], Kube], ports: Ports, runner: Runner) -> bool:
    """Make the spare this cluster; False where there is none that fits.

    Raises:
        ToolFailed: it does not wake up. It is the cluster by now, and the caller's to undo.
    """
    if not clusters.spares(ports.engine):
        return False
    with ports.store.lock(LOCK, timeout=LOCK_TIMEOUT):
        found = fitting(spec, ports)
        if found is None:
            return False
        with ports.progress.phase(f"Take the spare cluster, Kubernetes {spec.kubernetes}"):
            # Workers first: what has a control plane has all of it.
            nodes = sorted(found.nodes, key=lambda node: node.role == "control-plane")
            with held():
                for node in nodes:
                    ports.engine.put_file(node.name, CLAIM, claim(spec.name, spec.lab))
            thaw(found.nodes, ports.engine)
            # One that was made with another state folder has its kubeconfig there.
            restore_kubeconfig(found.name, found.kind_name, ports.clusters, ports.store)
            ports.store.take_over(found.name, spec.name)
            _run(f"mv {_ASIDE} {_MANIFEST}", found, runner)
            api = kube(spec.name)
            for node in nodes:
                _answers(node.name, api, ports)
    return True


def _rest(cluster: Cluster, kube: Kube, ports: Ports, runner: Runner) -> None:
    _run(f"mv {_MANIFEST} {_ASIDE}", cluster, runner)

    def ended() -> bool | Pending:
        left = [one.name for one in kube.list("v1", "Pod", "kube-system")]
        there = any(one.startswith("kube-controller-manager-") for one in left)
        return Pending("its controller manager is there still") if there else True

    wait_until(ended, what="the spare cluster to rest", timeout=60.0, clock=ports.clock)
    _run("while pgrep -x kube-controller >/dev/null; do sleep 0.1; done", cluster, runner)
    freeze(cluster.nodes, ports.engine)


def _run(script: str, cluster: Cluster, runner: Runner) -> None:
    node = f"{cluster.kind_name}-control-plane"
    runner.run(("docker", "exec", node, "sh", "-c", script), timeout=60.0)


def _answers(node: str, kube: Kube, ports: Ports) -> None:
    """What the API server remembers of a node is from before the rest: ask the kubelet itself."""

    def look() -> bool | Pending:
        try:
            return kube.get_raw(f"/api/v1/nodes/{node}/proxy/healthz") == "ok" or Pending("not ok")
        except ToolFailed as err:
            return Pending(err.message)

    wait_until(look, what=f"node '{node}'", timeout=AWAKE, interval=0.05, clock=ports.clock)
