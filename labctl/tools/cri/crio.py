"""A node whose runtime is CRI-O."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

from labctl.archive import Layer
from labctl.tools.cri.node import IMPORT, NodeStore
from labctl.trace import Stored

_LAYERS: Final = "/var/lib/containers/storage/overlay-layers/layers.json"
_ASK_LAYERS: Final = f"if [ -e {_LAYERS} ]; then cat {_LAYERS}; else echo '[]'; fi"
"""The node's own images are in a store beside it: it is empty at first."""
# skopeo takes no archive from a pipe (containers/image resolves its name), and would unpack one
# itself. /var is the node's volume.
_COPY: Final = """\
set -e
layout=$(mktemp -d /var/tmp/labctl-load.XXXXXX)
trap 'rm -rf "$layout"' EXIT
tar -x -C "$layout"
skopeo copy --quiet "oci:$layout" "containers-storage:$1"
"""


class Crio(NodeStore):
    """The store that CRI-O shares with skopeo; CRI-O sees at once what skopeo puts there."""

    def lacks(self, layers: Sequence[Layer]) -> frozenset[str]:
        """By digest, packed or unpacked: skopeo takes a layer that it knows from any image."""
        # https://github.com/containers/storage: overlay-layers/layers.json
        rows = json.loads(self.ask("sh", "-c", _ASK_LAYERS))
        keys = ("diff-digest", "compressed-diff-digest")
        there = {row.get(key) for row in rows for key in keys}
        return frozenset(layer.digest for layer in layers) - there

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Copy the archive's one image."""
        argv = ("sh", "-c", _COPY, "sh", name)
        self.exec(argv, timeout=IMPORT, stdin=chunks, program="skopeo")

    def look(self, name: str, config: str) -> Stored:
        """Manifest and configuration as skopeo reads them from the shared store."""
        inspect = ("skopeo", "inspect", "--raw", f"containers-storage:{name}")
        manifest = self.ask(*inspect)
        layers = json.loads(self.ask(*inspect, "--config"))["rootfs"]["diff_ids"]
        digest = hashlib.sha256(manifest.encode()).hexdigest()
        # The store unpacks as it takes in: there is no image in it that is not unpacked.
        return Stored(config, f"sha256:{digest}", tuple(layers), "containers/storage, overlay")
