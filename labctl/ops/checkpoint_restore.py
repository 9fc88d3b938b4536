"""Making a cluster from a checkpoint: without kubeadm's waits, and with an identity of its own."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from labctl.errors import ToolFailed
from labctl.model import (
    KIND_CLUSTER,
    KIND_ROLE,
    LABEL_CLUSTER,
    ClusterSpec,
)
from labctl.ops.checkpoints import READY, Checkpoint, KeptNode, Storage, image_ids, node_names
from labctl.ops.create import Ports, derive, leave_mark, prepare, restore_kubeconfig
from labctl.ops.side_by_side import side_by_side
from labctl.waiting import Pending, wait_until

COPY: Final = 300.0
TIMEOUT: Final = 90.0
"""Seconds for a restored node to have what is its own, and for its API server to know."""
POLL: Final = 0.1

_ENTRY: Final = ("sh", "/kind/labctl/restore/entry.sh")
_COPY: Final = "cp -a /checkpoint/var/. /var/"
_AUTHORITY: Final = "/etc/kubernetes/pki/ca.crt"


def restore(kept: Checkpoint, spec: ClusterSpec, ports: Ports, storage: Storage) -> None:
    """Make a cluster up to where kubeadm would have finished. The caller undoes it when it fails.

    Args:
        kept: of a cluster of the same shape; one that was saved is its own, by the same name.
        spec: the cluster that is to be.
        ports: what making a cluster needs.
        storage: where the checkpoint lies.

    Raises:
        ToolFailed: with the reason that the node gave, where it gave one.
    """
    check_images(kept, ports)
    runtimes = ", ".join(image.runtime for image in spec.images)
    with ports.progress.phase(f"Start Kubernetes {spec.kubernetes} ({runtimes}) from a checkpoint"):
        for name, node in zip(node_names(spec), kept.nodes, strict=True):
            base = node.place if kept.kind == READY else node.image.tag
            derive(base, _image(name, spec), node.image, spec, ports.engine)
        prepare(spec, ports)
        names = node_names(spec)
        job = _Job(kept, spec, ports, storage)
        starts = [partial(job.start, *one) for one in zip(names, kept.nodes, strict=True)]
        side_by_side(starts, give_up=job.end_copies)
        control_plane, *workers = names
        for worker in workers:
            _join(worker, control_plane, ports)
        _wait(control_plane, "/kind/labctl/own", ports)
        restore_kubeconfig(spec.name, spec.kind_name, ports.clusters, ports.store)
        _wait(control_plane, "/kind/labctl/restored", ports)
        leave_mark(spec, ports.engine)


def check_images(kept: Checkpoint, ports: Ports) -> None:
    """ToolFailed where a node image is no longer what the checkpoint was taken from."""
    for node, image_id in zip(kept.nodes, image_ids(kept.spec, ports.engine), strict=True):
        if image_id != node.image_id:
            raise ToolFailed(
                f"Checkpoint '{kept.name}' was taken from another node image '{node.image.tag}'.",
                hint=f"It is of no more use: labctl checkpoint delete {kept.name}",
            )


@dataclass(frozen=True, slots=True)
class _Job:
    """A cluster that is being restored."""

    kept: Checkpoint
    spec: ClusterSpec
    ports: Ports
    storage: Storage

    def start(self, name: str, node: KeptNode) -> None:
        """Make a node's container, fill its /var where its image does not, and start it."""
        control_plane = name.endswith("-control-plane")
        role = "control-plane" if control_plane else "worker"
        image = _image(name, self.spec)
        # What kind looks for, so that its own commands work; the rest comes with the image.
        labels = {KIND_CLUSTER: self.spec.kind_name, KIND_ROLE: role}
        self.storage.make_node(
            name, image, node.record, entry=_ENTRY, labels=labels, published=control_plane
        )
        if self.kept.kind != READY:
            self.storage.run(
                image,
                _COPY,
                labels={LABEL_CLUSTER: self.spec.name},
                volumes={node.place: "/checkpoint"},
                volumes_from=name,
                timeout=COPY,
            )
        self.ports.engine.start(name)

    def end_copies(self) -> None:
        """Remove the containers that copy; the nodes themselves are the caller's to undo."""
        label = f"{LABEL_CLUSTER}={self.spec.name}"
        self.ports.engine.remove_containers(label, without=KIND_CLUSTER)


def _image(node: str, spec: ClusterSpec) -> str:
    """Each node has an image of its own: no two have the same layers."""
    return f"labctl/cluster:{spec.name}.{node.removeprefix(f'{spec.kind_name}-')}"


def _join(worker: str, control_plane: str, ports: Ports) -> None:
    """Bring a worker the authority and the kubeconfig that the control plane made for it."""
    suffix = worker.rsplit("-", 1)[-1]
    kubeconfig = _wait(control_plane, f"/kind/labctl/joins/{suffix}", ports, beside=worker)
    authority = _wait(control_plane, _AUTHORITY, ports)
    for name, content in (("ca.crt", authority), ("kubelet.conf", kubeconfig)):
        ports.engine.put_file(worker, f"/kind/labctl/join/{name}", content)


def _refuse_failed(node: str, ports: Ports) -> None:
    reason = ports.engine.get_file(node, "/kind/labctl/failed")
    if reason is not None:
        last = reason.decode(errors="replace").strip().splitlines()[-1:]
        raise ToolFailed(f"Node '{node}' did not come up: {last[0] if last else ''}")


def _wait(node: str, path: str, ports: Ports, *, beside: str = "") -> bytes:
    """A file's content, as soon as the node has it; neither it nor the one beside may fail."""

    def look() -> bytes | Pending:
        found = ports.engine.get_file(node, path)
        if found is None:
            for one in filter(None, (node, beside)):
                _refuse_failed(one, ports)
            return Pending(f"'{path}' is not there yet")
        return found

    return wait_until(
        look, what=f"node '{node}'", timeout=TIMEOUT, interval=POLL, clock=ports.clock
    )
