"""kind's configuration for a cluster, as plain data. Pure."""

from typing import Any, Final

import yaml
from packaging.version import Version

from labctl.model import ClusterSpec

PATCHES: Final = "/kind/labctl/patches"
"""kubeadm patches in our node images: CoreDNS probes that don't sleep for 10 s."""
STATIC_CNI: Final = "/etc/cni/net.d/10-labctl.conflist"


ONE_CONTROL_PLANE: Final = {
    "kind": "ClusterConfiguration",
    "controllerManager": {
        "extraArgs": {"leader-elect": "false", "kube-api-qps": "100", "kube-api-burst": "200"}
    },
    "scheduler": {"extraArgs": {"leader-elect": "false"}},
}
"""With one control plane nobody else wants the lease, and it is here alone that the controller
manager's calls go: waiting for both took 9 s of a start (docs/node-images.md)."""


def kind_config(spec: ClusterSpec, *, own_image: bool, cgroup_version: str) -> dict[str, Any]:
    """The `kind.x-k8s.io/v1alpha4` document for a cluster.

    Args:
        spec: what the learner asked for.
        own_image: whether the node image is one of ours, with our patches and CNI.
        cgroup_version: of the machine that hosts the nodes, `1` or `2`.
    """
    workers = [{"role": "worker"}] * (spec.nodes - 1)
    config: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane"}, *workers],
        "kubeadmConfigPatches": _patches(spec, own_image, cgroup_version),
    }
    if uses_static_cni(spec, own_image=own_image):
        config["networking"] = {"disableDefaultCNI": True}
    return config


def uses_static_cni(spec: ClusterSpec, *, own_image: bool) -> bool:
    """One node needs no routes: a file in place of a DaemonSet has it Ready seconds earlier."""
    return own_image and spec.nodes == 1


def _patches(spec: ClusterSpec, own_image: bool, cgroup_version: str) -> list[str]:
    patches: list[dict[str, Any]] = []
    version = Version(spec.kubernetes)
    # https://kubernetes.io/docs/concepts/architecture/cgroups/: from 1.35 on the kubelet refuses v1
    # unless it is told otherwise.
    if cgroup_version == "1" and version >= Version("1.35"):
        patches.append({"kind": "KubeletConfiguration", "failCgroupV1": False})
    patches.append(ONE_CONTROL_PLANE)
    if own_image:
        patches.append({"kind": "InitConfiguration", "patches": {"directory": PATCHES}})
    return [yaml.safe_dump(patch, sort_keys=False) for patch in patches]
