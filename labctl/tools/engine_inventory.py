"""All that an engine has, by name: for seeing what came and what went."""

from collections.abc import Collection, Mapping

from labctl.model import (
    CHECK_RUN,
    CHECKPOINT,
    LABEL_CLUSTER,
    LABEL_IMAGE_OF,
    LABEL_KIND,
    LABEL_LAB,
    NETWORK,
    STORE_READER,
)
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_sdk import engine_errors

OWN: str = "labctl/"
"""Node images, bases and cluster images: they stay when a lab goes."""


def inventory(
    engine: DockerEngine, *, cluster: str = "", labs: Collection[str] = ()
) -> dict[str, str]:
    """Containers with their state, named images, volumes and networks.

    What a label says to be of another cluster or lab than these is left out: it may come and go
    beside. So are the nodes' volumes, which have a name of their own each time and go with
    them, and labctl's network, which goes with the last cluster.
    """
    found: dict[str, str] = {}
    with engine_errors("list what it has"):
        rows = engine.containers()
        nodes = [row for row in rows if LABEL_CLUSTER in row["Labels"]]
        own = {mount.get("Name") for row in nodes for mount in row["Mounts"]}
        for row in rows:
            if not _of_another(row["Labels"], cluster, labs):
                name = row["Names"][0].lstrip("/")
                found[f"container {name}"] = f"{row['Image']}, {row['State']}"
        for image in engine.api.images():
            for tag in image.get("RepoTags") or ():
                foreign = _of_another(image.get("Labels") or {}, cluster, labs)
                if not (foreign or tag.startswith((OWN, "<none>"))):
                    found[f"image {tag}"] = image["Id"]
        for volume in engine.api.volumes()["Volumes"] or ():
            # What `up` keeps for the next start is nobody's leftover.
            kept = (volume["Labels"] or {}).get(LABEL_KIND) == CHECKPOINT
            if volume["Name"] not in own and not kept:
                found[f"volume {volume['Name']}"] = ""
        for network in engine.api.networks():
            if network["Name"] != NETWORK:
                found[f"network {network['Name']}"] = ""
    return found


def _of_another(labels: Mapping[str, str], cluster: str, labs: Collection[str]) -> bool:
    if LABEL_CLUSTER in labels:  # a node, whatever lab it was made for
        return bool(cluster) and labels[LABEL_CLUSTER] != cluster
    if labels.get(LABEL_KIND) in {CHECK_RUN, STORE_READER}:  # labctl's own, for a moment
        return bool(labs)
    owners = {labels[key] for key in (LABEL_LAB, LABEL_IMAGE_OF) if key in labels}
    return bool(labs) and not owners <= set(labs)
