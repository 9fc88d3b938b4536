"""The checkpoints that a learner makes by name: a lab as it is, to come back to."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from labctl.errors import PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import Cluster, ClusterSpec, OciRuntime, Runtime
from labctl.ops import clusters
from labctl.ops.checkpoint_restore import check_images, restore
from labctl.ops.checkpoint_take import take
from labctl.ops.checkpoints import (
    LOCK,
    READY,
    SAVED,
    Checkpoint,
    Keeping,
    kept,
    node_image,
    ready_name,
    remove_checkpoint,
)
from labctl.ops.create import MARK, Ports, remove, undone_on_error, wait_ready
from labctl.ops.doctor_host import LEAST_DISK
from labctl.ops.wish import NAME
from labctl.store import Store

LOCK_TIMEOUT: Final = 300.0


def save(
    name: str, cluster: Cluster, ports: Ports, keeping: Keeping, *, on_wait: Callable[[], None]
) -> Checkpoint:
    """Keep a running lab under a name; it stands still for the time that the copy takes.

    Raises:
        UsageError: a bad name, or one that is taken.
        PrerequisiteMissing: the lab does not run, can't be saved, or there is no space.
        ToolFailed: nothing was kept.
    """
    if not NAME.fullmatch(name) or name.startswith(f"{READY}-"):
        raise UsageError(
            f"'{name}' can't be a checkpoint's name.",
            hint="Use 1 to 40 lower-case letters, digits and dashes, no dash at either end; not"
            f" '{READY}-...', which are labctl's own.",
        )
    with ports.store.lock(cluster.name, timeout=LOCK_TIMEOUT, on_wait=on_wait):
        spec = _savable(cluster, ports)
        free = keeping.free_space()
        if free is not None and free < LEAST_DISK:
            raise PrerequisiteMissing(
                f"The engine's disk has {free / 2**30:.1f} GiB free; a checkpoint needs some 2 GiB,"
                " and labs the rest.",
                hint="Free space: labctl checkpoint prune; 'docker system df' shows what uses it.",
            )
        with ports.store.lock(LOCK + name, timeout=LOCK_TIMEOUT, on_wait=on_wait):
            if kept(ports.engine, keeping.storage).find(name):
                raise UsageError(
                    f"Checkpoint '{name}' is there already. Nothing was changed.",
                    hint=f"Choose another name, or remove it: labctl checkpoint delete {name}",
                )
            with ports.progress.phase(f"Save lab '{cluster.name}' as '{name}'"):
                notes = _notes(cluster.name, ports.store)
                return take(name, SAVED, spec, ports, keeping, notes=notes)


def bring_back(
    name: str, ports: Ports, keeping: Keeping, *, on_wait: Callable[[], None]
) -> Cluster:
    """Make a saved lab's cluster again, in place of the one by its name.

    Raises:
        UsageError: there is none by that name, or it is one of labctl's own.
        ToolFailed: it is of no use (the cluster stays), or did not get ready (nothing is left).
    """
    found = _saved(name, ports, keeping)
    check_images(found, ports)
    there = _by_kind_name(found.spec.kind_name, ports)
    lab = there.name if there else found.cluster
    with (
        ports.store.lock(lab, timeout=LOCK_TIMEOUT, on_wait=on_wait),
        ports.store.lock(LOCK + name, timeout=LOCK_TIMEOUT, on_wait=on_wait),
    ):
        notes = {**found.notes, **_notes(lab, ports.store)}
        if there:
            with ports.progress.phase(f"Remove cluster '{lab}'"):
                remove(lab, ports)
        with undone_on_error(found.cluster, ports, keep=False):
            restore(found, found.spec, ports, keeping.storage)
            made = _by_kind_name(found.spec.kind_name, ports)
            if made is None:
                raise ToolFailed(f"Cluster '{lab}' went away while it was being made.")
            if made.name != found.cluster:
                ports.store.take_over(found.cluster, made.name)
            for file, text in notes.items():
                ports.store.write(ports.store.cluster_dir(made.name) / file, text)
            wait_ready(made, ports)
            return made


def _by_kind_name(kind_name: str, ports: Ports) -> Cluster | None:
    """One that was a spare has another name than it was made with."""
    found = clusters.clusters(ports.engine)
    return next((one for one in found if one.kind_name == kind_name), None)


def delete(name: str, ports: Ports, keeping: Keeping) -> bool:
    """Remove a checkpoint, whole or not; False where there is none."""
    if not NAME.fullmatch(name):
        return False
    with ports.store.lock(LOCK + name, timeout=LOCK_TIMEOUT):
        return bool(remove_checkpoint(name, ports.engine, keeping.storage))


def prune(
    ports: Ports, keeping: Keeping, *, unused: bool = False, saved: bool = False
) -> tuple[str, ...]:
    """Remove what no `up` can use: parts, and those of other node images or another labctl.

    With `unused` all of labctl's own goes, with `saved` what is left of a learner's too. What
    another labctl works on stays.
    """
    there = kept(ports.engine, keeping.storage)
    stale = [
        one.name
        for one in there.whole
        if one.kind == READY and (unused or ready_name(one.spec, ports.engine) != one.name)
    ]
    whole = {one.name for one in there.whole}
    gone: list[str] = []
    parts = [one for one in there.parts if saved or one.startswith(f"{READY}-")]
    for name in (*stale, *(part for part in parts if part not in whole)):
        with suppress(ToolFailed), ports.store.lock(LOCK + name, timeout=0):
            if remove_checkpoint(name, ports.engine, keeping.storage):
                gone.append(name)
    return tuple(gone)


def _saved(name: str, ports: Ports, keeping: Keeping) -> Checkpoint:
    there = kept(ports.engine, keeping.storage)
    found = there.find(name)
    if found is None and name in there.parts:
        raise ToolFailed(
            f"Of checkpoint '{name}' only a part is left. Nothing was changed.",
            hint=f"Remove it: labctl checkpoint delete {name}",
        )
    if found is None:
        raise UsageError(
            f"There is no checkpoint '{name}'.", hint="See them with: labctl checkpoint list"
        )
    if found.kind == READY:
        raise UsageError(
            f"Checkpoint '{name}' is for new clusters: 'labctl up' uses it by itself.",
            hint="See what can be restored: labctl checkpoint list",
        )
    return found


def _savable(cluster: Cluster, ports: Ports) -> ClusterSpec:
    resting = [node.name for node in cluster.nodes if not node.running]
    if resting:
        raise PrerequisiteMissing(
            f"Node '{resting[0]}' of lab '{cluster.name}' does not run, and can't be asked.",
            hint=f"Start it: labctl resume --name {cluster.name}",
        )
    spec = made_from(cluster, ports)
    if spec is None or not all(one.own and one.runtime != Runtime.DOCKERSHIM for one in spec.nodes):
        raise PrerequisiteMissing(
            f"Lab '{cluster.name}' has nodes that can't be saved: node images that are not"
            " labctl's own, or of the historic cluster.",
            hint="Labs on labctl's own node images can: labctl node-image list",
        )
    return spec


def made_from(cluster: Cluster, ports: Ports) -> ClusterSpec | None:
    """What a cluster was made from, as its mark says; None where it has none."""
    mark = ports.engine.get_file(f"{cluster.kind_name}-control-plane", MARK)
    try:
        raw = json.loads(mark or b"")
        nodes = tuple(node_image(one) for one in raw["nodes"])
        return ClusterSpec(raw["name"], raw["lab"], nodes, OciRuntime(raw["oci_runtime"]))
    except (ValueError, KeyError):
        return None


def _notes(name: str, store: Store) -> dict[str, str]:
    """What the state folder knows of a lab beside its kubeconfig: it outlives the cluster."""
    folder = store.cluster_dir(name)
    files = [path for path in folder.glob("*") if path.is_file() and path.name != "kubeconfig"]
    return {path.name: path.read_text(encoding="utf-8") for path in files}
