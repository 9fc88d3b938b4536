from typing import Any

import pytest
import yaml

from labctl.model import ClusterSpec
from labctl.ops.kind_config import kind_config


def _patches(kubernetes: str, *, own: bool = True, cgroup: str = "1") -> list[dict[str, Any]]:
    spec = ClusterSpec("a", "lab", kubernetes)
    config = kind_config(spec, own_image=own, cgroup_version=cgroup)
    return [yaml.safe_load(patch) for patch in config["kubeadmConfigPatches"]]


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
    kinds = [patch["kind"] for patch in _patches("1.36.3", own=False, cgroup="2")]
    assert kinds == ["ClusterConfiguration"]


def test_the_only_control_plane_does_not_wait_for_a_lease() -> None:
    (patch,) = (p for p in _patches("1.34.4") if p["kind"] == "ClusterConfiguration")
    assert patch["scheduler"]["extraArgs"] == {"leader-elect": "false"}
    assert patch["controllerManager"]["extraArgs"]["leader-elect"] == "false"


def test_one_node_has_a_file_for_a_cni_and_several_have_a_daemonset() -> None:
    one = kind_config(ClusterSpec("a", "lab", "1.36.3"), own_image=True, cgroup_version="2")
    three = kind_config(
        ClusterSpec("a", "lab", "1.36.3", nodes=3), own_image=True, cgroup_version="2"
    )
    assert one["networking"] == {"disableDefaultCNI": True}
    assert "networking" not in three
    assert [node["role"] for node in three["nodes"]] == ["control-plane", "worker", "worker"]
