"""kind's configuration for a cluster, as plain data. Pure."""

from typing import Any, Final

import yaml
from packaging.version import Version

from labctl.model import ClusterSpec, NodeImage, Runtime

PATCHES: Final = "/kind/labctl/patches"
"""kubeadm patches in our node images: CoreDNS probes that don't sleep for 10 s."""

ONE_CONTROL_PLANE: Final = {
    "kind": "ClusterConfiguration",
    "controllerManager": {
        "extraArgs": {"leader-elect": "false", "kube-api-qps": "100", "kube-api-burst": "200"}
    },
    "scheduler": {"extraArgs": {"leader-elect": "false"}},
    "etcd": {"local": {"extraArgs": {"heartbeat-interval": "20", "election-timeout": "200"}}},
}
"""With one control plane nobody else wants the lease, and it is here alone that the controller
manager's calls go: waiting for both took 9 s of a start (docs/node-images.md). etcd, alone as well,
waits for its election timeout before it elects itself: 1 s of each start, of which 0.2 s is left."""

ECDSA: Final = {"kind": "ClusterConfiguration", "encryptionAlgorithm": "ECDSA-P256"}
"""Keys that take no time to make: 0.8 s less than RSA's. kubeadm knows it from v1beta4 on."""

_CRI_SOCKETS: Final = {
    Runtime.CRIO: "unix:///var/run/crio/crio.sock",
    Runtime.DOCKER: "unix:///run/cri-dockerd.sock",
    Runtime.DOCKERSHIM: "unix:///var/run/dockershim.sock",
}
"""Where it is another than containerd's, which kind configures itself."""


def cluster_image(name: str, image: NodeImage) -> str:
    """The name of what a cluster's nodes run: the node image plus our labels and files."""
    return f"labctl/cluster:{name}.{image.runtime}"


def kind_config(spec: ClusterSpec, *, cgroup_version: str) -> dict[str, Any]:
    """The `kind.x-k8s.io/v1alpha4` document for a cluster.

    Args:
        spec: what the learner asked for.
        cgroup_version: of the machine that hosts the nodes, `1` or `2`.
    """
    config: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [_node(spec, number) for number in range(len(spec.nodes))],
        "kubeadmConfigPatches": _patches(spec, cgroup_version),
    }
    if uses_static_cni(spec):
        config["networking"] = {"disableDefaultCNI": True}
    return config


def uses_static_cni(spec: ClusterSpec) -> bool:
    """One node needs no routes: a file in place of a DaemonSet has it Ready seconds earlier."""
    return len(spec.nodes) == 1 and spec.nodes[0].own


def _node(spec: ClusterSpec, number: int) -> dict[str, Any]:
    image = spec.nodes[number]
    node: dict[str, Any] = {
        "role": "worker" if number else "control-plane",
        "image": cluster_image(spec.name, image),
    }
    if socket := _CRI_SOCKETS.get(image.runtime):
        kind = "JoinConfiguration" if number else "InitConfiguration"
        patch = {"kind": kind, "nodeRegistration": {"criSocket": socket}}
        node["kubeadmConfigPatches"] = [_yaml(patch)]
    return node


def _patches(spec: ClusterSpec, cgroup_version: str) -> list[str]:
    patches: list[dict[str, Any]] = []
    version = Version(spec.kubernetes)
    # https://kubernetes.io/docs/concepts/architecture/cgroups/: from 1.35 on the kubelet refuses v1
    # unless it is told otherwise.
    if cgroup_version == "1" and version >= Version("1.35"):
        patches.append({"kind": "KubeletConfiguration", "failCgroupV1": False})
    patches.append(ONE_CONTROL_PLANE)
    if version >= Version("1.36"):  # where kind speaks v1beta4
        patches.append(ECDSA)
    if spec.nodes[0].own:
        patches.append({"kind": "InitConfiguration", "patches": {"directory": PATCHES}})
    return [_yaml(patch) for patch in patches]


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)
