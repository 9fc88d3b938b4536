"""The recipe of the node images: data and pure functions; labctl.ops.node_image_build uses it."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
"""The build context: Dockerfile, Go modules, node files."""

_STATIC_CNI: Final = "node/common/kind/labctl/cni/10-labctl.conflist"


def static_cni() -> bytes:
    """The CNI configuration of a cluster with one node: nothing to route, nothing to wait for."""
    return (FOLDER / _STATIC_CNI).read_bytes()


def restore_files() -> dict[str, bytes]:
    """What a node needs to come out of a checkpoint, by absolute path; it does nothing otherwise."""
    units = "/etc/systemd/system"
    places = {
        "entry.sh": "/kind/labctl/restore",
        "identity.sh": "/kind/labctl/restore",
        "addons.sh": "/kind/labctl/restore",
        "labctl-identity.service": units,
        "labctl-addons.service": units,
        "kubelet.conf": f"{units}/kubelet.service.d/20-restore.conf",
    }
    return {
        place if place.endswith(".conf") else f"{place}/{name}": _restore(name)
        for name, place in places.items()
    }


def take_script() -> str:
    """Runs on a node: what it has outside of /var goes to where the copy takes it from."""
    return _restore("take.sh").decode()


def copy_script() -> str:
    """Runs beside a frozen node: its /var goes into a checkpoint."""
    return _restore("copy.sh").decode()


def seal_script() -> str:
    """Runs on the copy: what makes it this cluster is taken out."""
    return _restore("seal.sh").decode()


def _restore(name: str) -> bytes:
    return (FOLDER / "restore" / name).read_bytes()
