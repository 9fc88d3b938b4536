"""All that an engine has, by name: for seeing what came and what went."""

from labctl.model import LABEL_CLUSTER
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_sdk import engine_errors

OWN: str = "labctl/"
"""Node images, bases and cluster images: they stay when a lab goes."""


def inventory(engine: DockerEngine) -> dict[str, str]:
    """Containers with their state, named images, volumes and networks.

    The volumes of nodes have a name of their own each time, and go with them: they are left out.
    """
    found: dict[str, str] = {}
    with engine_errors("list what it has"):
        rows = engine.containers()
        nodes = [row for row in rows if LABEL_CLUSTER in row["Labels"]]
        own = {mount.get("Name") for row in nodes for mount in row["Mounts"]}
        for row in rows:
            found[f"container {row['Names'][0].lstrip('/')}"] = f"{row['Image']}, {row['State']}"
        for image in engine.api.images():
            for tag in image.get("RepoTags") or ():
                if not tag.startswith((OWN, "<none>")):
                    found[f"image {tag}"] = image["Id"]
        for volume in engine.api.volumes()["Volumes"] or ():
            if volume["Name"] not in own:
                found[f"volume {volume['Name']}"] = ""
        for network in engine.api.networks():
            found[f"network {network['Name']}"] = ""
    return found
