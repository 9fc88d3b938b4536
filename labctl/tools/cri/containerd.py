"""A node whose runtime is containerd."""

import json
import re
from collections.abc import Iterable

from labctl.archive import chain_ids
from labctl.tools.cri.node import IMPORT, NodeStore
from labctl.trace import Stored

_CTR = ("ctr", "--namespace", "k8s.io")


class Containerd(NodeStore):
    """containerd's own store; `k8s.io` is the namespace of its CRI plugin."""

    def chains(self) -> frozenset[str]:
        """The committed snapshots' names: blobs are thrown away once they are unpacked."""
        answer = self.ask(*_CTR, "snapshots", "--snapshotter", "overlayfs", "list")
        rows = (row.split() for row in answer.splitlines())
        return frozenset(row[0] for row in rows if row and row[-1] == "Committed")

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:  # noqa: ARG002
        """Import and unpack; the name is the one in the archive's index."""
        self.exec((*_CTR, "images", "import", "-"), timeout=IMPORT, stdin=chunks)

    def look(self, name: str, config: str) -> Stored:
        """Manifest and configuration from the content store, the unpacked layers as a snapshot."""
        row = self.ask(*_CTR, "images", "list", f"name=={name}")
        manifest = re.search(r"sha256:[0-9a-f]{64}", row)
        layers = json.loads(self.ask(*_CTR, "content", "get", config))["rootfs"]["diff_ids"]
        unpacked = chain_ids(layers)[-1] in self.chains()
        return Stored(
            config,
            manifest[0] if manifest else "",
            tuple(layers),
            "containerd's overlayfs snapshotter" if unpacked else "",
        )
