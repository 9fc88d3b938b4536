"""Plain values that every layer speaks in. No input, no output, no clocks."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

LABEL_CLUSTER: Final = "dev.labctl.cluster"
"""Name of the labctl cluster that a container, image, volume or network belongs to."""
LABEL_LAB: Final = "dev.labctl.lab"
LABEL_IMAGE_OF: Final = "dev.labctl.image-of"
"""The lab that an image was built for. Not LABEL_LAB: containers inherit their image's labels, and
what a learner runs from it without our label is not ours to remove."""
LABEL_KUBERNETES: Final = "dev.labctl.kubernetes"
LABEL_RUNTIME: Final = "dev.labctl.runtime"
LABEL_OCI_RUNTIME: Final = "dev.labctl.oci-runtime"
"""What a node's runtime starts containers with, unless a Pod chooses another RuntimeClass."""
LABEL_KIND: Final = "dev.labctl.kind"
"""What an object is: `node-image`, `base`, `cluster-image`, `lab-image`, `check-run` or
`store-reader`."""
LABEL_CHECKPOINT: Final = "dev.labctl.checkpoint"
"""Name of the checkpoint that a volume, or a container at work on it, belongs to."""
LABEL_MANIFEST: Final = "dev.labctl.checkpoint.manifest"
"""On the volume that is made last: what is in a checkpoint, as JSON."""
LAB_IMAGE: Final = "lab-image"
CHECKPOINT: Final = "checkpoint"
CLUSTER_IMAGE: Final = "cluster-image"
CHECK_RUN: Final = "check-run"
STORE_READER: Final = "store-reader"
ANY_LAB: Final = "*"
"""In place of a lab's id: a cluster that several labs use one after another."""
NETWORK: Final = "labctl"
"""The engine network that the nodes are on; kind's own is left alone."""
KIND_CLUSTER: Final = "io.x-k8s.kind.cluster"
KIND_ROLE: Final = "io.x-k8s.kind.role"


class Runtime(StrEnum):
    """The CRI implementation on a node."""

    CONTAINERD = "containerd"
    CRIO = "cri-o"
    DOCKER = "docker"
    """Docker Engine behind cri-dockerd."""
    DOCKERSHIM = "dockershim"
    """Docker Engine behind the kubelet's own adapter, which Kubernetes 1.24 removed."""


RUNTIMES: Final = (Runtime.CONTAINERD, Runtime.CRIO, Runtime.DOCKER)
"""Those of today, which a cluster's nodes can have."""


class OciRuntime(StrEnum):
    """What starts a container's process."""

    RUNC = "runc"
    CRUN = "crun"


@dataclass(frozen=True, slots=True)
class NodeImage:
    """What nodes run; `kubernetes` is a full version without a `v`: 1.36.3.

    `own` ones are built by labctl, others are kindest/node.
    """

    tag: str
    kubernetes: str
    runtime: Runtime
    own: bool


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What a learner asked `up` for."""

    name: str
    lab: str
    nodes: tuple[NodeImage, ...]
    """What each node runs, the control plane first."""
    oci_runtime: OciRuntime = OciRuntime.RUNC

    @property
    def kind_name(self) -> str:
        """The name that kind and the container names use."""
        return f"labctl-{self.name}"

    @property
    def kubernetes(self) -> str:
        """The control plane's version."""
        return self.nodes[0].kubernetes

    @property
    def images(self) -> tuple[NodeImage, ...]:
        """Each of the nodes' images once."""
        return tuple(dict.fromkeys(self.nodes))


@dataclass(frozen=True, slots=True)
class Node:
    """A node container of a kind cluster, as the engine reports it."""

    name: str
    role: str
    running: bool
    state: str
    image: str
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def kind_cluster(self) -> str:
        """The kind cluster that the container belongs to."""
        return self.labels.get(KIND_CLUSTER, "")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that labctl made, put together from its nodes' labels."""

    name: str
    lab: str
    kubernetes: str
    """The control plane's version."""
    runtimes: tuple[str, ...]
    """Each of the nodes' runtimes once, the control plane's first."""
    oci_runtime: str
    nodes: tuple[Node, ...]

    @property
    def runtime(self) -> str:
        """The runtimes as `--runtime` takes them: `containerd,cri-o`."""
        return ",".join(self.runtimes)

    @property
    def kind_name(self) -> str:
        """The name that kind and the container names use."""
        return self.nodes[0].kind_cluster if self.nodes else f"labctl-{self.name}"

    @property
    def paused(self) -> bool:
        """Whether all of its nodes rest."""
        return all(node.state == "paused" for node in self.nodes)

    @property
    def switched_off(self) -> bool:
        """Whether none of its nodes runs or rests, as after a restart of the machine."""
        return all(node.state == "exited" for node in self.nodes)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The Docker Engine on the learner's machine."""

    version: str
    api_version: str
    storage_driver: str
    containerd_store: bool
    cgroup_version: str
    cpus: int
    memory: int
    """Bytes."""
    data_root: Path
    architecture: str


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image in the engine's store.

    `image_id` is the config digest with the overlay2 store and the manifest (or index) digest with
    the containerd store (https://github.com/kubernetes-sigs/kind/issues/4236).
    """

    image_id: str
    tags: tuple[str, ...]
    diff_ids: tuple[str, ...]
    os: str
    architecture: str
    size: int
    created: datetime | None
    labels: dict[str, str] = field(default_factory=dict)
