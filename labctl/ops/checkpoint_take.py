"""Taking a checkpoint: the nodes stand still for a second, and go on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import uuid4

from labctl.errors import LabctlError, ToolFailed
from labctl.interrupts import shielded
from labctl.model import KIND_CLUSTER, LABEL_CHECKPOINT, LABEL_MANIFEST, ClusterSpec, NodeImage
from labctl.nodeimage import copy_script, seal_script, take_script
from labctl.ops.checkpoints import (
    IMAGES,
    PREFIX,
    READY,
    Checkpoint,
    Keeping,
    KeptNode,
    image_ids,
    kept,
    labels,
    node_names,
    remove_checkpoint,
    suffixes,
)
from labctl.ops.create import DISK_FULL, Ports
from labctl.ops.side_by_side import side_by_side

TAKE: Final = 60.0
COPY: Final = 300.0
"""Seconds; a node's /var has 0.4 GB, and with a learner's images some more."""

_SIZE: Final = "du -s --block-size=1 /checkpoint /usr/lib/labctl/var /usr/lib/labctl/kept"
# What a fresh cluster is made of outside of /var; all else comes with the image, or is made anew.
_READY_FILES: Final = ("/etc/kubernetes/manifests/", "/kind/kubeadm.conf")
# What the engine, the kernel or the node's own start puts there, or labctl.
_PASSING: Final = (
    "/dev", "/proc", "/run", "/sys", "/tmp", "/var",  # noqa: S108 - not ours to write
    "/etc/.updated", "/etc/hostname", "/etc/hosts", "/etc/machine-id", "/etc/mtab",
    "/etc/resolv.conf", "/etc/resolv.conf.original", "/etc/systemd/system.conf.d",
    "/kind/labctl", "/kind/labctl.json", "/kind/old-ipv4", "/kind/old-ipv6", "/kind/product_uuid",
    "/kind/product_name", "/lib/modules", "/usr/bin/mount", "/usr/bin/umount", "/usr/lib/modules",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Job:
    """A checkpoint that is being taken."""

    name: str
    kind: str
    spec: ClusterSpec
    ports: Ports
    keeping: Keeping


@dataclass(frozen=True, slots=True)
class _Taken:
    """One node on its way to its place. `runs` is the image of its container."""

    node: str
    place: str
    image: NodeImage
    runs: str


def take(
    name: str,
    kind: str,
    spec: ClusterSpec,
    ports: Ports,
    keeping: Keeping,
    *,
    notes: Mapping[str, str] | None = None,
) -> Checkpoint:
    """Keep a running cluster under a name that no whole checkpoint has.

    Raises:
        ToolFailed: nothing of it is left, and the cluster goes on.
    """
    job = _Job(name, kind, spec, ports, keeping)
    remove_checkpoint(name, ports.engine, keeping.storage)
    taken = _places(job)
    begun = [one.place for one in taken]
    try:
        nodes = _nodes(job, taken)
        made = Checkpoint(
            name, kind, spec.name, spec.lab, spec.oci_runtime, keeping.now(), nodes, notes or {}
        )
        manifest = {LABEL_MANIFEST: made.manifest()}
        begun.append(PREFIX + name)
        keeping.storage.make_volume(PREFIX + name, labels={**labels(name), **manifest})
        if kept(ports.engine, keeping.storage).find(name) != made:
            begun.pop()  # it is the other one's
            raise ToolFailed(f"Another labctl keeps a checkpoint '{name}' at the same time.")
    except BaseException as err:
        with shielded():
            _undo(job, begun)
        if isinstance(err, ToolFailed) and _disk_full(err):
            raise ToolFailed(
                "The engine's disk is full; no checkpoint was kept.",
                hint="Free space: 'docker system df' shows what uses it.",
            ) from err
        raise
    return made


def _places(job: _Job) -> list[_Taken]:
    tag = uuid4().hex[:6]
    prefix = f"{IMAGES}:" if job.kind == READY else PREFIX
    runs = {node.name: node.image for node in job.ports.engine.nodes()}
    names = node_names(job.spec)
    for name in names:
        if name not in runs:
            raise ToolFailed(f"Node '{name}' is not there any more.")
    return [
        _Taken(node, f"{prefix}{job.name}.{tag}.{number}", image, runs[node])
        for number, (node, image) in enumerate(zip(names, job.spec.nodes, strict=True))
    ]


def _nodes(job: _Job, taken: Sequence[_Taken]) -> tuple[KeptNode, ...]:
    records = [job.keeping.storage.node_record(one.node) for one in taken]
    if any(_proxied(record) for record in records):
        raise ToolFailed("Its nodes use a proxy, whose settings would be in it for good.")
    for one in taken:
        _write_down(job, one)
    with _standing_still([one.node for one in taken], job.ports):
        copies = [partial(_copy, job, one) for one in taken]
        sizes = side_by_side(copies, give_up=partial(_end_work, job))
    ids = image_ids(job.spec, job.ports.engine)
    return tuple(
        KeptNode(one.place, one.image, image_id, size, record)
        for one, image_id, size, record in zip(taken, ids, sizes, records, strict=True)
    )


def _proxied(record: Mapping[str, Any]) -> bool:
    names = (one.partition("=")[0].lower() for one in record.get("environ", ()))
    return any(name.endswith("_proxy") for name in names)


def _write_down(job: _Job, one: _Taken) -> None:
    """Have the node write what it has outside of /var to where the copy takes it from."""
    paths = _paths(job.keeping.storage.changes(one.node), job.kind)
    workers = " ".join(suffixes(len(job.spec.nodes))[1:])
    argv = ("docker", "exec", "-i", one.node, "sh", "-c", take_script())
    job.keeping.runner.run(
        (*argv, "sh", job.kind, job.spec.kind_name, workers),
        timeout=TAKE,
        stdin="".join(f"{path}\n" for path in paths).encode(),
    )


def _paths(changes: Mapping[str, bool], kind: str) -> list[str]:
    """Changed paths with a "+" before them, removed ones with a "-"; parents come first."""
    if kind == READY:
        return [f"+{path}" for path in sorted(changes) if path.startswith(_READY_FILES)]
    kept = (
        path
        for path in sorted(changes)
        if not any(path == one or path.startswith(f"{one}/") for one in _PASSING)
    )
    return [f"{'+' if changes[path] else '-'}{path}" for path in kept]


@contextmanager
def _standing_still(nodes: Sequence[str], ports: Ports) -> Iterator[None]:
    """Freeze the nodes, so that their files are those of one moment; they go on in any case."""
    frozen: list[str] = []
    try:
        for node in nodes:
            frozen.append(node)
            ports.engine.pause(node)
        yield
    except BaseException:  # which is the error to tell
        _all_go_on(frozen, ports)
        raise
    failures = _all_go_on(frozen, ports)
    if failures:
        raise ToolFailed(
            f"Node '{failures[0]}' does not go on.", hint="Let it go on with: labctl resume"
        )


def _all_go_on(nodes: Sequence[str], ports: Ports) -> list[str]:
    with shielded():
        return [one for one in reversed(nodes) if not _goes_on(one, ports)]


def _goes_on(node: str, ports: Ports) -> bool:
    try:
        ports.engine.start(node)
    except LabctlError:
        return False
    return True


def _copy(job: _Job, one: _Taken) -> int:
    """Copy a node that stands still to its place; answers the bytes that are there."""
    storage = job.keeping.storage
    if job.kind == READY:
        to, script, volumes = "/usr/lib/labctl/var", copy_script() + seal_script(), {}
    else:
        to, script, volumes = "/checkpoint/var", copy_script(), {one.place: "/checkpoint"}
        storage.make_volume(one.place, labels=labels(job.name))
    said = storage.run(
        one.image.tag if job.kind == READY else one.runs,
        f"{script}\n{_SIZE} 2>/dev/null || true\n",
        labels=labels(job.name),
        volumes=volumes,
        volumes_from=f"{one.node}:ro",
        environ={"KIND": job.kind, "TO": to},
        commit=one.place if job.kind == READY else "",
        timeout=COPY,
    )
    sizes = (line.split()[0] for line in said.splitlines() if line.strip())
    return sum(int(one) for one in sizes if one.isdecimal())


def _undo(job: _Job, places: Sequence[str]) -> None:
    """Remove what was begun, as far as that works: what came first is the error to tell."""
    engine, storage = job.ports.engine, job.keeping.storage
    with suppress(LabctlError):
        _end_work(job)
    for place in reversed(places):
        with suppress(LabctlError):
            if place.startswith(IMAGES):
                engine.untag(place)
            else:
                storage.remove_volume(place)


def _end_work(job: _Job) -> None:
    label = f"{LABEL_CHECKPOINT}={job.name}"
    job.ports.engine.remove_containers(label, without=KIND_CLUSTER)


def _disk_full(err: ToolFailed) -> bool:
    return any(DISK_FULL in line.lower() for line in (err.message, *err.details))
