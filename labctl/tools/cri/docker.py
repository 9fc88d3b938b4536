"""A node whose runtime is the Docker Engine, behind cri-dockerd."""

import json
from collections.abc import Iterable

from labctl.archive import chain_ids
from labctl.tools.cri.node import IMPORT, NodeStore
from labctl.trace import Stored


class Docker(NodeStore):
    """The store of the node's own Docker Engine."""

    def chains(self) -> frozenset[str]:
        """By the layers of its images: it drops a layer with the last image that needs it."""
        images = self.ask("docker", "image", "list", "--all", "--quiet", "--no-trunc").split()
        form = ("--format", "{{json .RootFS.Layers}}")
        rows = self.ask("docker", "image", "inspect", *form, *images) if images else ""
        stacks = (json.loads(row) or () for row in rows.splitlines())
        return frozenset(chain for stack in stacks for chain in chain_ids(stack))

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:  # noqa: ARG002
        """Load the archive; the name is the one in its manifest.json."""
        self.exec(("docker", "load", "--quiet"), timeout=IMPORT, stdin=chunks)

    def remove(self, name: str) -> None:
        """By the engine: `crictl rmi NAME` says Deleted there, and deletes nothing."""
        self.ask("docker", "image", "rm", "--force", name)

    def look(self, name: str, config: str) -> Stored:
        """As the node's own engine shows it; its store keeps no manifest."""
        found = json.loads(self.ask("docker", "image", "inspect", name))[0]
        driver = found["GraphDriver"]["Name"]
        return Stored(config, "", tuple(found["RootFS"]["Layers"]), f"dockerd, {driver}")
