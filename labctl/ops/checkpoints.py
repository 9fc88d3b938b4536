"""Checkpoints: clusters that were ready once, kept in the engine.

What a learner saves is a volume for each node: it has the cluster's keys, and an image could be
published. What `up` keeps of a new cluster has none, and is an image for each node: its layers, most
of it, are then copied by nobody. A volume by the checkpoint's own name is made last, and says what
belongs to it: where that is missing, or something that it names, the checkpoint is none.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol

from labctl import nodeimage
from labctl.model import (
    CHECKPOINT,
    KIND_CLUSTER,
    LABEL_CHECKPOINT,
    LABEL_KIND,
    LABEL_MANIFEST,
    ClusterSpec,
    NodeImage,
    OciRuntime,
    Runtime,
)
from labctl.ops.kind_config import kind_config
from labctl.ops.ports import Engine, Runner

FORMAT: Final = "labctl/checkpoint/v1"
PREFIX: Final = "labctl-checkpoint-"
IMAGES: Final = "labctl/checkpoint"
READY: Final = "ready"
"""Of a new cluster without a lab: any cluster of that shape can be made from it."""
SAVED: Final = "saved"
"""Of a learner's cluster as it was: it comes back as itself."""
LOCK: Final = "checkpoints."
"""No cluster's name has a dot."""


class Storage(Protocol):
    """The engine's volumes; see labctl.tools.engine_volumes."""

    def volumes(self, label: str) -> Mapping[str, Mapping[str, str]]: ...  # noqa: D102
    def make_volume(self, name: str, *, labels: Mapping[str, str]) -> None: ...  # noqa: D102
    def remove_volume(self, name: str) -> None: ...  # noqa: D102
    def run(  # noqa: D102
        self,
        image: str,
        script: str,
        *,
        labels: Mapping[str, str],
        volumes: Mapping[str, str],
        volumes_from: str = "",
        environ: Mapping[str, str] | None = None,
        commit: str = "",
        timeout: float,
    ) -> str: ...
    def changes(self, container: str) -> Mapping[str, bool]: ...  # noqa: D102
    def node_record(self, container: str) -> dict[str, Any]: ...  # noqa: D102
    def make_node(  # noqa: D102
        self,
        name: str,
        image: str,
        record: Mapping[str, Any],
        *,
        entry: Sequence[str],
        labels: Mapping[str, str],
        published: bool,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class KeptNode:
    """One node of a checkpoint. `record` is what a container like its own is made from."""

    place: str
    """An image, or the volume that goes with the node image."""
    image: NodeImage
    image_id: str
    size: int
    """Bytes."""
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole one. `cluster` and `lab` are what it was taken from."""

    name: str
    kind: str
    cluster: str
    lab: str
    oci_runtime: OciRuntime
    created: datetime
    nodes: tuple[KeptNode, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    """What the state folder knew of it, by file name: where the learner's folder is."""

    @property
    def size(self) -> int:
        """Bytes, of all nodes."""
        return sum(node.size for node in self.nodes)

    @property
    def spec(self) -> ClusterSpec:
        """The cluster that it was taken from."""
        images = tuple(node.image for node in self.nodes)
        return ClusterSpec(self.cluster, self.lab, images, self.oci_runtime)

    def manifest(self) -> str:
        """As JSON, for a label."""
        return json.dumps(
            {"format": FORMAT, **asdict(self), "created": self.created.isoformat()}, sort_keys=True
        )


def labels(name: str) -> dict[str, str]:
    """What the volumes of a checkpoint carry, and containers that work on them."""
    return {LABEL_KIND: CHECKPOINT, LABEL_CHECKPOINT: name}


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the engine has of checkpoints: whole ones, the newest first, and what is left over."""

    whole: tuple[Checkpoint, ...]
    parts: Mapping[str, tuple[str, ...]]
    """Volumes and images of no whole checkpoint, by the name that they were made for."""

    def find(self, name: str) -> Checkpoint | None:
        """The whole checkpoint by that name."""
        return next((one for one in self.whole if one.name == name), None)


def kept(engine: Engine, storage: Storage) -> Kept:
    """Ask the engine."""
    volumes = storage.volumes(f"{LABEL_KIND}={CHECKPOINT}")
    there = {volume: labels.get(LABEL_CHECKPOINT, "") for volume, labels in volumes.items()}
    there |= _images(engine)
    manifests = {
        volume: _read(labels[LABEL_MANIFEST])
        for volume, labels in volumes.items()
        if LABEL_MANIFEST in labels
    }
    whole = {
        volume: one
        for volume, one in manifests.items()
        if one and all(node.place in there for node in one.nodes)
    }
    used = {*whole, *(node.place for one in whole.values() for node in one.nodes)}
    parts: dict[str, tuple[str, ...]] = {}
    for place in sorted(there.keys() - used):
        parts[there[place]] = (*parts.get(there[place], ()), place)
    newest = sorted(whole.values(), key=lambda one: one.created, reverse=True)
    return Kept(tuple(newest), parts)


def remove_checkpoint(name: str, engine: Engine, storage: Storage) -> int:
    """Remove all that was made for a checkpoint, and containers at work on it; how much went."""
    # Never a node, whatever labels it has from its image.
    engine.remove_containers(f"{LABEL_CHECKPOINT}={name}", without=KIND_CLUSTER)
    volumes = storage.volumes(f"{LABEL_CHECKPOINT}={name}")
    # That it is whole is the first thing that is no longer true.
    for volume in sorted(volumes, key=lambda one: one != PREFIX + name):
        storage.remove_volume(volume)
    images = [tag for tag, of in _images(engine).items() if of == name]
    for tag in images:
        engine.untag(tag)
    return len(volumes) + len(images)


def _images(engine: Engine) -> dict[str, str]:
    """The name of the checkpoint of each image."""
    return {
        tag: tag.removeprefix(f"{IMAGES}:").split(".", 1)[0]
        for image in engine.images(f"{LABEL_KIND}={CHECKPOINT}")
        for tag in image.tags
    }


def ready_name(spec: ClusterSpec, engine: Engine) -> str | None:
    """What a checkpoint for such a cluster is called: by all that it depends on.

    None where there can't be one: of images that are not ours, or of versions before kubeadm's
    present configuration.
    """
    if not all(image.own and image.runtime is not Runtime.DOCKERSHIM for image in spec.nodes):
        return None
    neutral = ClusterSpec("any", "any", spec.nodes, spec.oci_runtime)
    cgroups = engine.info().cgroup_version
    scripts = [nodeimage.take_script(), nodeimage.copy_script(), nodeimage.seal_script()]
    key = [
        FORMAT,
        image_ids(spec, engine),
        spec.oci_runtime,
        kind_config(neutral, cgroup_version=cgroups),
        scripts,
        sorted((path, text.decode()) for path, text in nodeimage.restore_files().items()),
    ]
    return f"{READY}-{sha256(json.dumps(key).encode()).hexdigest()[:12]}"


def image_ids(spec: ClusterSpec, engine: Engine) -> tuple[str, ...]:
    """What each node's image is in the engine; empty where it is not there."""
    found = {image: engine.image(image.tag) for image in spec.images}
    infos = [found[image] for image in spec.nodes]
    return tuple(info.image_id if info else "" for info in infos)


def node_names(spec: ClusterSpec) -> tuple[str, ...]:
    """The containers' names, as kind gives them."""
    return tuple(f"{spec.kind_name}-{suffix}" for suffix in suffixes(len(spec.nodes)))


def suffixes(nodes: int) -> tuple[str, ...]:
    """What kind's containers are called beside their cluster, the control plane first."""
    workers = (f"worker{number if number > 1 else ''}" for number in range(1, nodes))
    return ("control-plane", *workers)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What taking a checkpoint needs, beside what is in Ports."""

    storage: Storage
    runner: Runner
    now: Callable[[], datetime]
    free_space: Callable[[], int | None]


def _read(manifest: str) -> Checkpoint | None:
    """None of another labctl's format, or a damaged one, which `prune` takes away."""
    try:
        raw = json.loads(manifest)
        if raw.pop("format", "") != FORMAT:
            return None
        nodes = tuple(
            KeptNode(**{**node, "image": node_image(node["image"])}) for node in raw.pop("nodes")
        )
        created = datetime.fromisoformat(raw.pop("created"))
        oci = OciRuntime(raw.pop("oci_runtime"))
        return Checkpoint(**raw, oci_runtime=oci, created=created, nodes=nodes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def node_image(raw: Mapping[str, Any]) -> NodeImage:
    """From plain data, as `asdict` makes it."""
    return NodeImage(raw["tag"], raw["kubernetes"], Runtime(raw["runtime"]), raw["own"])
