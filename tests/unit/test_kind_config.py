from dataclasses import replace
from typing import Any

import pytest
import yaml

from labctl.model import RUNTIMES, ClusterSpec, NodeImage, Runtime
from labctl.ops.kind_config import ECDSA, ONE_CONTROL_PLANE, cluster_image, kind_config

SOCKETS = {
    Runtime.CRIO: "unix:///var/run/crio/crio.sock",
    Runtime.DOCKER: "unix:///run/cri-dockerd.sock",
}


def image(
    runtime: Runtime = Runtime.CONTAINERD, kubernetes: str = "1.36.3", *, own: bool = True
) -> NodeImage:
    return NodeImage(f"labctl/node:v{kubernetes}-{runtime}", kubernetes, runtime, own)


def config_of(*nodes: NodeImage, cgroup: str = "2") -> dict[str, Any]:
    return kind_config(ClusterSpec("a", "lab", nodes), cgroup_version=cgroup)


def parsed(patches: list[str]) -> list[dict[str, Any]]:
    return [yaml.safe_load(patch) for patch in patches]


def _patches(kubernetes: str, *, own: bool = True, cgroup: str = "1") -> list[dict[str, Any]]:
    config = config_of(image(kubernetes=kubernetes, own=own), cgroup=cgroup)
    return parsed(config["kubeadmConfigPatches"])


@pytest.mark.parametrize(
    ("kubernetes", "cgroup", "told"),
    [("1.34.4", "1", False), ("1.35.0", "1", True), ("1.36.3", "1", True), ("1.36.3", "2", False)],
)
def test_the_kubelet_is_told_to_take_cgroup_v1_only_where_it_must_be(
    kubernetes: str, cgroup: str, told: bool
) -> None:
    wanted = {"kind": "KubeletConfiguration", "failCgroupV1": False}
    assert (wanted in _patches(kubernetes, cgroup=cgroup)) is told


def test_a_pulled_image_gets_none_of_our_patches() -> None:
    pulled = _patches("1.36.3", own=False, cgroup="2")
    assert pulled == [ONE_CONTROL_PLANE, ECDSA]
    assert [patch["kind"] for patch in _patches("1.36.3", cgroup="2")] == [
        "ClusterConfiguration",
        "ClusterConfiguration",
        "InitConfiguration",
    ]


def test_the_only_control_plane_does_not_wait_for_a_lease() -> None:
    (patch,) = (p for p in _patches("1.34.4") if p["kind"] == "ClusterConfiguration")
    assert patch["scheduler"]["extraArgs"] == {"leader-elect": "false"}
    assert patch["controllerManager"]["extraArgs"]["leader-elect"] == "false"


def test_the_only_etcd_does_not_wait_long_to_elect_itself() -> None:
    (patch,) = (p for p in _patches("1.34.4") if p["kind"] == "ClusterConfiguration")
    times = patch["etcd"]["local"]["extraArgs"]
    # etcd refuses less than five heartbeats.
    assert int(times["election-timeout"]) >= 5 * int(times["heartbeat-interval"])
    assert int(times["election-timeout"]) < 1000


@pytest.mark.parametrize(
    ("kubernetes", "told"), [("1.35.4", False), ("1.36.0", True), ("1.37.2", True)]
)
def test_keys_are_ecdsa_where_kubeadm_and_kind_speak_of_it(kubernetes: str, told: bool) -> None:
    wanted = {"kind": "ClusterConfiguration", "encryptionAlgorithm": "ECDSA-P256"}
    assert (wanted in _patches(kubernetes)) is told


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_one_node_of_our_own_has_a_file_for_a_cni(runtime: Runtime) -> None:
    assert config_of(image(runtime))["networking"] == {"disableDefaultCNI": True}


@pytest.mark.parametrize(
    "nodes",
    [
        (image(own=False),),
        (image(), image()),
        (image(), image(Runtime.CRIO)),
    ],
    ids=["published", "two", "mixed"],
)
def test_other_clusters_have_a_daemonset_for_a_cni(nodes: tuple[NodeImage, ...]) -> None:
    assert "networking" not in config_of(*nodes)


def test_each_node_of_a_mixed_cluster_runs_the_image_of_its_runtime() -> None:
    nodes = config_of(image(), image(), image(Runtime.CRIO), image(Runtime.DOCKER))["nodes"]
    assert [(node["role"], node["image"]) for node in nodes] == [
        ("control-plane", "labctl/cluster:a.containerd"),
        ("worker", "labctl/cluster:a.containerd"),
        ("worker", "labctl/cluster:a.cri-o"),
        ("worker", "labctl/cluster:a.docker"),
    ]


def test_the_nodes_image_is_that_which_is_derived_for_the_cluster() -> None:
    (node,) = config_of(image(Runtime.CRIO))["nodes"]
    assert node["image"] == cluster_image("a", image(Runtime.CRIO))


@pytest.mark.parametrize("first", RUNTIMES)
def test_kubeadm_is_told_the_socket_of_each_node_whose_runtime_is_not_containerd(
    first: Runtime,
) -> None:
    runtimes = [first, *RUNTIMES]
    nodes = config_of(*map(image, runtimes))["nodes"]
    for number, (runtime, node) in enumerate(zip(runtimes, nodes, strict=True)):
        kind = "JoinConfiguration" if number else "InitConfiguration"
        socket = {"criSocket": SOCKETS[runtime]} if runtime in SOCKETS else None
        wanted = [{"kind": kind, "nodeRegistration": socket}] if socket else []
        assert parsed(node.get("kubeadmConfigPatches", [])) == wanted


def test_the_historic_worker_joins_by_the_dockershims_socket_alone() -> None:
    shim = image(Runtime.DOCKERSHIM, "1.23.17")
    config = config_of(image(kubernetes="1.24.17"), shim, cgroup="1")
    control_plane, worker = config["nodes"]
    assert (worker["role"], worker["image"]) == ("worker", "labctl/cluster:a.dockershim")
    assert parsed(worker["kubeadmConfigPatches"]) == [
        {
            "kind": "JoinConfiguration",
            "nodeRegistration": {"criSocket": "unix:///var/run/dockershim.sock"},
        }
    ]
    assert "kubeadmConfigPatches" not in control_plane
    kinds = [patch["kind"] for patch in parsed(config["kubeadmConfigPatches"])]
    assert kinds == ["ClusterConfiguration", "InitConfiguration"]


def test_a_cluster_is_of_its_control_planes_version() -> None:
    spec = ClusterSpec("a", "lab", (image(), replace(image(), kubernetes="1.34.4")))
    assert spec.kubernetes == "1.36.3"
