"""`labctl reset`: back to the scene, and nothing of the learner's tries left."""

from typing import Protocol

from labctl.catalog import Lab
from labctl.errors import UsageError
from labctl.model import KIND_CLUSTER, LABEL_LAB, Cluster
from labctl.ops import scene
from labctl.ops.learner_progress import LearnerProgress
from labctl.ops.ports import Progress
from labctl.store import Store
from labctl.waiting import Clock


class Containers(Protocol):
    """The part of the engine that this needs."""

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        """Remove containers with a label and without another; answers their names."""


def reset(
    lab: Lab,
    cluster: Cluster,
    kube: scene.Kube,
    engine: Containers,
    store: Store,
    *,
    progress: Progress,
    clock: Clock | None = None,
) -> tuple[str, ...]:
    """Empty the namespace, set the scene, forget shown hints; answers the removed containers.

    Raises:
        UsageError: the lab changes more than a namespace: only a new cluster is its start.
    """
    if lab.file.reset == "cluster":
        raise UsageError(
            f"Lab '{lab.id}' changes the cluster itself, so its start is a new one.",
            hint=f"Run: labctl up {lab.id} --name {cluster.name} --recreate",
        )
    with progress.phase("Remove the containers that you ran for the lab"):
        # The nodes carry the lab's label too.
        removed = engine.remove_containers(f"{LABEL_LAB}={lab.id}", without=KIND_CLUSTER)
    with progress.phase(f"Empty namespace '{lab.namespace}' and set the scene"):
        scene.reset_scene(lab, kube, clock=clock)
    LearnerProgress.forget(store, cluster.name)
    return removed
