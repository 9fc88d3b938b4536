"""Making a cluster, and unmaking what was made when that fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from labctl.errors import LabctlError, ToolFailed, ToolTimeout
from labctl.interrupts import held, shielded
from labctl.model import (
    CLUSTER_IMAGE,
    LABEL_CLUSTER,
    LABEL_KIND,
    LABEL_KUBERNETES,
    LABEL_LAB,
    LABEL_OCI_RUNTIME,
    LABEL_RUNTIME,
    NETWORK,
    Cluster,
    ClusterSpec,
    NodeImage,
)
from labctl.ops import readiness
from labctl.ops.kind_config import cluster_image, kind_config
from labctl.ops.node_files import node_files
from labctl.ops.ports import Clusters, Engine, Progress
from labctl.ops.remove import remove_cluster
from labctl.store import Store
from labctl.waiting import Clock

SETTLE: Final = 1.0
"""Seconds."""
MARK: Final = "/kind/labctl.json"
"""In the control plane's container: kubeadm has finished. Without it a cluster is half-made."""
DISK_FULL: Final = "no space left on device"


@dataclass(frozen=True, slots=True)
class Ports:
    """What making and repairing a cluster needs."""

    engine: Engine
    clusters: Clusters
    kube: Callable[[str], readiness.Objects]
    store: Store
    progress: Progress
    clock: Clock = field(default_factory=Clock)


def made_with(engine: Engine, control_plane: str) -> int | None:
    """How many nodes the cluster was made with; None where kubeadm has not finished."""
    mark = engine.get_file(control_plane, MARK)
    try:
        return None if mark is None else len(json.loads(mark)["nodes"])
    except (ValueError, KeyError):  # it was cut off
        return None


def create(spec: ClusterSpec, ports: Ports) -> None:
    """Make a cluster up to "kubeadm has finished". The caller undoes it when this fails.

    Raises:
        ToolFailed: with kind's last lines.
    """
    runtimes = ", ".join(image.runtime for image in spec.images)
    with ports.progress.phase(f"Start Kubernetes {spec.kubernetes} ({runtimes})"):
        _create(spec, ports)


def prepare(spec: ClusterSpec, ports: Ports) -> None:
    """Make what a new cluster is made with beside its images: the network, and our folder."""
    ports.engine.create_network(NETWORK, labels={LABEL_KIND: "network"})
    ports.store.write(ports.store.kubeconfig(spec.name), "")


def derive(base: str, target: str, image: NodeImage, spec: ClusterSpec, engine: Engine) -> None:
    """Make what nodes of the cluster run: a base that is, or has, their node image, with labels."""
    labels = {
        LABEL_CLUSTER: spec.name,
        LABEL_KIND: CLUSTER_IMAGE,
        LABEL_LAB: spec.lab,
        LABEL_KUBERNETES: image.kubernetes,
        LABEL_RUNTIME: str(image.runtime),
        LABEL_OCI_RUNTIME: str(spec.oci_runtime),
    }
    with held():  # cut off, it would leave a container that nobody knows
        engine.derive(base, target, labels=labels, files=node_files(spec, image))


def leave_mark(spec: ClusterSpec, engine: Engine) -> None:
    """Note in the control plane that the cluster is no longer half-made."""
    mark = json.dumps({"format": "labctl/cluster/v1", **asdict(spec)})
    engine.put_file(f"{spec.kind_name}-control-plane", MARK, mark.encode())


def _create(spec: ClusterSpec, ports: Ports) -> None:
    for image in spec.images:
        derive(image.tag, cluster_image(spec.name, image), image, spec, ports.engine)
    prepare(spec, ports)
    cgroups = ports.engine.info().cgroup_version
    try:
        ports.clusters.create(
            spec.kind_name,
            config=kind_config(spec, cgroup_version=cgroups),
            kubeconfig=ports.store.kubeconfig(spec.name),
            on_line=lambda line: ports.progress.detail(_kind_step(line)),
        )
    except ToolFailed as err:
        raise _explained(err, spec, ports) from err
    leave_mark(spec, ports.engine)


def wait_ready(cluster: Cluster, ports: Ports, *, timeout: float = readiness.TIMEOUT) -> None:
    """Wait for a cluster; a time-out collects the nodes' logs and says where they are."""
    try:
        with ports.progress.phase("Wait for nodes, CoreDNS and the default service account"):
            readiness.wait_ready(
                lambda: ports.kube(cluster.name),
                {node.name: ports.engine.started_at(node.name) for node in cluster.nodes},
                detail=ports.progress.detail,
                timeout=timeout,
                clock=ports.clock,
            )
    except ToolTimeout as err:
        logs = _keep_logs(cluster.kind_name, ports)
        limits = "'labctl doctor' says whether a limit of this machine is too low."
        raise ToolTimeout(err.message, hint=f"{logs} {limits}") from err


def restore_kubeconfig(name: str, kind_name: str, clusters: Clusters, store: Store) -> Path:
    """Where a cluster's kubeconfig lies; asked of kind again where it got lost."""
    path = store.kubeconfig(name)
    if not path.is_file() or not path.stat().st_size:
        store.write(path, clusters.kubeconfig(kind_name))
    return path


@contextmanager
def undone_on_error(name: str, ports: Ports, *, keep: bool) -> Iterator[None]:
    """Remove the cluster when the block fails or is interrupted, unless it is to be kept."""
    try:
        yield
    except BaseException:
        if keep:
            ports.progress.note(f"Kept for inspection; 'labctl down --name {name}' removes it.")
            raise
        with suppress(OSError):  # the terminal may be gone; what was made still has to go
            ports.progress.note("Removing what was made so far...")
        with shielded():
            try:
                remove(name, ports)
                # The engine may still be finishing a container whose client was just ended.
                ports.clock.sleep(SETTLE)
                remove(name, ports)
            except LabctlError as failure:
                ports.progress.note(
                    f"Not all of it could be removed: {failure.message} "
                    f"Run 'labctl down --name {name}' later."
                )
        raise


def remove(name: str, ports: Ports) -> None:
    """Delete a cluster with all that labctl made for it."""
    remove_cluster(name, ports.engine, ports.store)


def _keep_logs(kind_name: str, ports: Ports) -> str:
    folder: Path = ports.store.logs / kind_name
    try:
        with shielded():
            ports.clusters.export_logs(kind_name, folder)
    except LabctlError:
        return "The nodes' logs could not be collected."
    return f"The nodes' logs are in '{folder}'."


def _explained(err: ToolFailed, spec: ClusterSpec, ports: Ports) -> ToolFailed:
    """The failure of kind, with the cause first, where its output names one that we know."""
    text = "\n".join(err.details).lower()
    message, hint = f"Cluster '{spec.name}' could not be made: {err.message}", err.hint
    if DISK_FULL in text:
        message = f"Cluster '{spec.name}' could not be made: the engine's disk is full."
        hint = "Free space (docker system df shows what uses it), then run this again."
    elif "cannot connect to the docker daemon" in text or "error during connect" in text:
        message = f"Cluster '{spec.name}' could not be made: the Docker Engine went away."
        hint = "Start it with 'labctl setup', then run this again."
    else:
        hint = _keep_logs(spec.kind_name, ports)
    return ToolFailed(message, argv=err.argv, hint=hint, details=err.details)


def _kind_step(line: str) -> str:
    """`• Preparing nodes (x) 📦 ...` without its decoration."""
    words = line.strip().lstrip("•✓✗ ").encode("ascii", "ignore").decode()
    return words.replace("...", "").strip()
