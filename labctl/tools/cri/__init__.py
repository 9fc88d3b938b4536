"""One module for each runtime that a node can have."""

from typing import Final

from labctl.model import LABEL_RUNTIME, Node, Runtime
from labctl.tools.cri.containerd import Containerd
from labctl.tools.cri.crio import Crio
from labctl.tools.cri.docker import Docker
from labctl.tools.cri.dockershim import Dockershim
from labctl.tools.cri.node import NodeStore, Runner

_STORES: Final[dict[str, type[NodeStore]]] = {
    Runtime.CONTAINERD: Containerd,
    Runtime.CRIO: Crio,
    Runtime.DOCKER: Docker,
    Runtime.DOCKERSHIM: Dockershim,
}


def node_store(process: Runner, node: Node) -> NodeStore:
    """The image store of a node, by the runtime that its label names."""
    return _STORES[node.labels.get(LABEL_RUNTIME, Runtime.CONTAINERD)](process, node.name)
