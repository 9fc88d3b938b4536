"""`labctl up`: the cluster, its images and the scene. Doing it again repairs what is missing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from labctl.errors import PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import Cluster, ClusterSpec, NodeImage, OciRuntime, Runtime
from labctl.ops import clusters
from labctl.ops.create import (
    Ports,
    create,
    made_with,
    remove,
    undone_on_error,
    wait_ready,
)
from labctl.ops.doctor_host import LEAST_DISK
from labctl.ops.pause import wake
from labctl.ops.wish import Wish, check_name, refuse_differences

LOCK_TIMEOUT: Final = 1800.0
"""Seconds to wait for another labctl that works on the same cluster: it may be building."""

RESTORED: Final = 60.0
"""Seconds for a cluster from a checkpoint to be ready, before a new one is made instead."""


class Stage(Protocol):
    """What a lab puts on the engine and into a ready cluster; each part may be done twice."""

    def check_needs(self, kubernetes: str | None, runtimes: Sequence[Runtime]) -> None:
        """PrerequisiteMissing where the lab can't be done on such a cluster, or this machine."""

    def node_images(
        self, kubernetes: str | None, runtimes: Sequence[Runtime], oci_runtime: OciRuntime
    ) -> Mapping[Runtime, NodeImage]:
        """The images for a version, pulled or built where not there; None is the default."""

    def build_images(self) -> None:
        """Build the lab's images on the engine."""

    def load_base(self, cluster: Cluster) -> None:
        """Load what labs' images start from: a checkpoint is to have it."""

    def load_images(self, cluster: Cluster) -> None:
        """Load the lab's images into every node that lacks them."""

    def set_scene(self, cluster: Cluster) -> None:
        """Apply the scene where it is not there, and give the learner the starter files."""


class Checkpoints(Protocol):
    """Clusters that were ready once."""

    def take_spare(self, spec: ClusterSpec) -> bool:
        """Make a spare cluster this one; False where there is none that fits."""

    def restore(self, spec: ClusterSpec) -> bool:
        """Make the cluster from one up to where kubeadm has finished; False where there is none."""

    def discard(self, spec: ClusterSpec) -> None:
        """Remove the one that is for such a cluster: it did not lead to a ready one."""

    def keep(self, spec: ClusterSpec) -> None:
        """Make one of a ready cluster that has no lab yet."""


@dataclass(frozen=True, slots=True)
class Up:
    """What `up` did: `state` is created, repaired or running."""

    cluster: Cluster
    state: str


def up(
    wish: Wish,
    stage: Stage,
    ports: Ports,
    *,
    free_space: Callable[[], int | None],
    checkpoints: Checkpoints | None = None,
    recreate: bool = False,
    keep_on_error: bool = False,
) -> Up:
    """Bring a lab up; the answer's cluster was seen ready. No `checkpoints`: none made, none used.

    Raises:
        UsageError: a bad name, a foreign cluster of that name, another cluster than was asked for.
        PrerequisiteMissing: no engine, no kind, no space.
        ToolFailed: something on the way failed; nothing half-made is left.
    """
    check_name(wish.name)
    wish.layout()
    ports.engine.info()

    def waiting() -> None:
        ports.progress.note(f"Another labctl is working on '{wish.name}'; waiting for it...")

    with ports.store.lock(wish.name, timeout=LOCK_TIMEOUT, on_wait=waiting):
        found = _existing(wish, ports, recreate=recreate)
        if found is None:
            spec = plan(wish, stage, free_space())
            with undone_on_error(wish.name, ports, keep=keep_on_error):
                made = start(spec, stage, ports, checkpoints)
                stage.set_scene(made)
            return Up(made, "created")
        return _repair(found, stage, ports)


def _existing(wish: Wish, ports: Ports, *, recreate: bool) -> Cluster | None:
    """The cluster that can be gone on with. A half-made one, or one to be replaced, is removed."""
    taken = clusters.foreign(ports.engine, f"labctl-{wish.name}")
    if taken:
        raise UsageError(
            f"A kind cluster 'labctl-{wish.name}' is there that labctl did not make "
            f"(container '{taken[0].name}'). Nothing was changed.",
            hint="Choose another name with --name.",
        )
    found = clusters.find(ports.engine, wish.name)
    if found is None:
        return None
    if recreate:
        with ports.progress.phase(f"Remove cluster '{wish.name}'"):
            remove(wish.name, ports)
        return None
    made = made_with(ports.engine, f"{found.kind_name}-control-plane")
    if made is None:
        ports.progress.note(f"Cluster '{wish.name}' was left half-made; starting over.")
        with ports.progress.phase("Remove what was left"):
            remove(wish.name, ports)
        return None
    refuse_differences(wish, found)
    if len(found.nodes) < made:
        raise PrerequisiteMissing(
            f"Cluster '{wish.name}' was made with {made} nodes, and has {len(found.nodes)}: "
            "the others were removed.",
            hint="Make it anew with --recreate; what was made in it is lost.",
        )
    return found


def plan(wish: Wish, stage: Stage, free: int | None) -> ClusterSpec:
    """What is to be made, with all that it is made from in place."""
    if free is not None and free < LEAST_DISK:
        raise PrerequisiteMissing(
            f"The engine's disk has {free / 2**30:.1f} GiB free; a lab needs "
            f"{LEAST_DISK / 2**30:.0f} GiB.",
            hint="Free space: 'docker system df' shows what uses it.",
        )
    runtimes = wish.layout()
    stage.check_needs(wish.kubernetes, runtimes)
    oci_runtime = wish.oci_runtime or OciRuntime.RUNC
    images = stage.node_images(wish.kubernetes, tuple(dict.fromkeys(runtimes)), oci_runtime)
    stage.build_images()
    nodes = tuple(images[runtime] for runtime in runtimes)
    return ClusterSpec(wish.name, wish.lab, nodes, oci_runtime)


def start(
    spec: ClusterSpec, stage: Stage, ports: Ports, checkpoints: Checkpoints | None
) -> Cluster:
    """A new cluster that is ready and has the lab's images."""
    if checkpoints:
        for make in (checkpoints.take_spare, checkpoints.restore):
            if made := _quickly(make, spec, stage, ports, checkpoints):
                return made
    create(spec, ports)
    made = _found(ports, spec.name)
    if checkpoints:  # it is to be without a lab
        stage.load_base(made)
        wait_ready(made, ports)
        checkpoints.keep(spec)
    stage.load_images(made)
    wait_ready(made, ports)
    return made


def _quickly(
    make: Callable[[ClusterSpec], bool],
    spec: ClusterSpec,
    stage: Stage,
    ports: Ports,
    checkpoints: Checkpoints,
) -> Cluster | None:
    """None where there is nothing to make it from, or where that leads to no ready cluster."""
    try:
        if not make(spec):
            return None
        made = _found(ports, spec.name)
        stage.load_images(made)
        wait_ready(made, ports, timeout=RESTORED)
    except ToolFailed as err:
        kept = make == checkpoints.restore
        without = "the checkpoint" if kept else "the spare cluster"
        ports.progress.note(f"Starting without {without}: {err.message}")
        with ports.progress.phase("Remove what came of it"):
            remove(spec.name, ports)
            with suppress(ToolFailed):  # it stays, and is found out again
                if kept:
                    checkpoints.discard(spec)
        return None
    return made


def _repair(found: Cluster, stage: Stage, ports: Ports) -> Up:
    rested = wake(found, ports)
    stage.build_images()
    stage.load_images(found)
    stage.set_scene(found)
    return Up(_found(ports, found.name), "repaired" if rested else "running")


def _found(ports: Ports, name: str) -> Cluster:
    found = clusters.find(ports.engine, name)
    if found is None:
        raise ToolFailed(f"Cluster '{name}' went away while it was being made.")
    return found
