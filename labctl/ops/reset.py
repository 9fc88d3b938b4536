"""`labctl reset`: back to the scene, and nothing of the learner's tries left."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from labctl.image_names import qualified
from labctl.model import KIND_CLUSTER, LABEL_IMAGE_OF, LABEL_LAB, ImageInfo
from labctl.ops import scene
from labctl.ops.learner_progress import LearnerProgress
from labctl.ops.ports import Progress
from labctl.ops.scripts import Scripts
from labctl.store import Store
from labctl.waiting import Clock


class Engine(Protocol):
    """The part of the engine that this needs."""

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        """Remove containers with a label and without another; answers their names."""

    def images(self, label: str) -> tuple[ImageInfo, ...]: ...  # noqa: D102

    def untag(self, reference: str) -> bool: ...  # noqa: D102


class NodeImages(Protocol):
    """The part of a node's store that this needs."""

    def images(self) -> Mapping[str, str]:
        """The node's images by full name."""

    def remove(self, name: str) -> None:
        """Take an image's name from the node."""


def reset(
    scripts: Scripts,
    kube: scene.Kube,
    engine: Engine,
    nodes: Sequence[NodeImages],
    store: Store,
    *,
    progress: Progress,
    load: Callable[[], None],
    clock: Clock | None = None,
) -> tuple[str, ...]:
    """Empty the namespace, set the scene, forget shown hints; answers the removed containers.

    `load` brings the lab's images onto the nodes, when the scene's scripts have repaired these.
    The images that the learner built for the lab go too, from the engine and from the nodes.
    """
    lab = scripts.lab
    with progress.phase("Remove what you ran and built for the lab"):
        # The nodes carry the lab's label too.
        removed = engine.remove_containers(f"{LABEL_LAB}={lab.id}", without=KIND_CLUSTER)
    with progress.phase(f"Empty namespace '{lab.namespace}'"):
        scene.remove_scene(lab, kube, scripts)
    load()
    with progress.phase("Set the scene"):
        scene.apply_scene(lab, kube, scripts, clock=clock)
    remove_images(scripts, engine, nodes)
    LearnerProgress.forget(store, scripts.cluster.name)
    return removed


def leave(scripts: Scripts, kube: scene.Kube, engine: Engine, nodes: Sequence[NodeImages]) -> None:
    """Take a lab off a cluster that stays: its containers, namespace and images."""
    engine.remove_containers(f"{LABEL_LAB}={scripts.lab.id}", without=KIND_CLUSTER)
    scene.remove_scene(scripts.lab, kube, scripts)
    remove_images(scripts, engine, nodes, everything=True)


def remove_images(
    scripts: Scripts, engine: Engine, nodes: Sequence[NodeImages], *, everything: bool = False
) -> None:
    """Those that the learner built, or the lab's too; after the Pods that run them."""
    lab = scripts.lab
    own = set() if everything else {qualified(image.tag) for image in lab.file.images}
    built = engine.images(f"{LABEL_IMAGE_OF}={lab.id}")
    names = {qualified(tag) for image in built for tag in image.tags} - own
    for node in nodes if names else ():
        for name in sorted(names & set(node.images())):
            node.remove(name)
    for image in built:
        for reference in image.tags or (image.image_id,):
            if qualified(reference) not in own:
                engine.untag(reference)
