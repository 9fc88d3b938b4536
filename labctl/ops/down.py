"""`labctl down`: gone without leftovers, and nothing touched that labctl did not make."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.model import LABEL_IMAGE_OF, LABEL_LAB, Cluster
from labctl.ops import clusters
from labctl.ops.ports import Engine
from labctl.ops.remove import remove_cluster, remove_images
from labctl.store import Store

LOCK_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class Removed:
    """What went, by name."""

    cluster: str
    containers: tuple[str, ...]
    kept_files: tuple[Path, ...] = ()
    """Starter files that the learner changed."""
    kept_images: tuple[str, ...] = ()
    """Images that a container of the learner's needs."""


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
        # While the notes on where they are are still there.
        kept = remove_starter(found) if found else ()
        containers = remove_cluster(name, engine, store)
        kept_images: tuple[str, ...] = ()
        if found and all(found.lab != other.lab for other in clusters.clusters(engine)):
            containers += engine.remove_containers(f"{LABEL_LAB}={found.lab}")
            kept_images = remove_images(f"{LABEL_IMAGE_OF}={found.lab}", engine)
    return Removed(name, containers, kept, kept_images) if containers else None
