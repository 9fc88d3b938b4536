"""`labctl down`: gone without leftovers, and nothing touched that labctl did not make."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.model import LABEL_CLUSTER, LABEL_KIND, LABEL_LAB, NETWORK, Cluster
from labctl.ops import clusters
from labctl.ops.create import cluster_image
from labctl.ops.ports import Engine
from labctl.store import Store

LOCK_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class Removed:
    """What went, by name."""

    cluster: str
    containers: tuple[str, ...]
    kept_files: tuple[Path, ...] = ()


def down(
    name: str,
    engine: Engine,
    store: Store,
    *,
    remove_starter: Callable[[Cluster], tuple[Path, ...]],
    on_wait: Callable[[], None] | None = None,
) -> Removed | None:
    """Remove one cluster and all that was made for it; None when there was none.

    Containers that the learner ran for the lab go with the last cluster of that lab.
    """
    with store.lock(name, timeout=LOCK_TIMEOUT, on_wait=on_wait):
        found = clusters.find(engine, name)
        containers = engine.remove_containers(f"{LABEL_CLUSTER}={name}")
        kept: tuple[Path, ...] = ()
        if found is not None:
            kept = remove_starter(found)
            containers += _lab_leftovers(found.lab, engine)
        engine.untag(cluster_image(name))
        engine.remove_network(NETWORK, label=f"{LABEL_KIND}=network")
        store.forget(name)
    return Removed(name, containers, kept) if containers else None


def _lab_leftovers(lab: str, engine: Engine) -> tuple[str, ...]:
    if any(cluster.lab == lab for cluster in clusters.clusters(engine)):
        return ()
    containers = engine.remove_containers(f"{LABEL_LAB}={lab}")
    for image in engine.images(f"{LABEL_LAB}={lab}"):
        for tag in image.tags:
            engine.untag(tag)
    return containers
