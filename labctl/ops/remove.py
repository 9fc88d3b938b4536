"""Removing what labctl made for one cluster, found by its label."""

from labctl.model import CLUSTER_IMAGE, LABEL_CLUSTER, LABEL_KIND, NETWORK
from labctl.ops.ports import Engine
from labctl.store import Store


def remove_cluster(name: str, engine: Engine, store: Store) -> tuple[str, ...]:
    """Remove nodes, volumes, images, files, and the network with the last one; answers the nodes."""
    # One that was a spare has the labels of that still.
    own = (node for node in engine.nodes() if node.labels.get(LABEL_CLUSTER) == name)
    names = {name, *(node.kind_cluster.removeprefix("labctl-") for node in own)}
    nodes: tuple[str, ...] = ()
    for one in sorted(names):
        nodes += engine.remove_containers(f"{LABEL_CLUSTER}={one}")
        remove_images(f"{LABEL_CLUSTER}={one}", engine)
    # Whoever makes a cluster has its image before its nodes are on the network.
    if not engine.images(f"{LABEL_KIND}={CLUSTER_IMAGE}"):
        engine.remove_network(NETWORK, label=f"{LABEL_KIND}=network")
    store.forget(name)
    return nodes


def remove_images(label: str, engine: Engine) -> tuple[str, ...]:
    """Remove images by a label, also those that have lost their name; answers what is in use."""
    return tuple(
        reference
        for image in engine.images(label)
        for reference in image.tags or (image.image_id,)
        if not engine.untag(reference)
    )
