"""The recipe of the node images: data and pure functions; labctl.ops.node_image_build uses it."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
"""The build context: Dockerfile, Go modules, node files."""

_STATIC_CNI: Final = "node/common/kind/labctl/cni/10-labctl.conflist"


def static_cni() -> bytes:
    """The CNI configuration of a cluster with one node: nothing to route, nothing to wait for."""
    return (FOLDER / _STATIC_CNI).read_bytes()
