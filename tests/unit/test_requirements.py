"""What a lab needs of a cluster, beside what there is."""

from typing import Any

import pytest

from labctl.manifest import LabFile
from labctl.requirements import unmet

BASE: dict[str, Any] = {
    "format": "labctl/lab/v1",
    "id": "x",
    "title": {"en": "X"},
    "minutes": 1,
    "namespace": "x",
    "steps": [{"id": "s", "checks": ["c"]}],
}


def lab(**more: Any) -> LabFile:
    return LabFile.model_validate({**BASE, **more})


@pytest.mark.parametrize(
    ("more", "runtimes", "said"),
    [
        ({}, ("containerd",), []),
        (
            {"requires": {"kubernetes": ">=1.37"}},
            ("containerd",),
            ["it needs Kubernetes >=1.37, not 1.36.3"],
        ),
        (
            {"requires": {"runtimes": ["docker"]}},
            ("containerd", "docker"),
            ["it runs on docker, not on containerd"],
        ),
        ({"requires": {"nodes": 3}}, ("docker",), ["it needs 3 nodes, not 1"]),
        (
            {"cluster": {"runtimes": ["containerd", "cri-o"]}},
            ("containerd", "docker"),
            ["it needs a node with cri-o"],
        ),
        (
            {"cluster": {"history": "dockershim"}},
            ("containerd",),
            ["it needs the historic cluster: --history dockershim"],
        ),
        (
            {"requires": {"memory": "9Gi"}},
            ("containerd",),
            ["it needs 9Gi of memory; the engine has 8192Mi"],
        ),
    ],
)
def test_what_is_not_met_is_said(
    more: dict[str, Any], runtimes: tuple[str, ...], said: list[str]
) -> None:
    found = unmet(lab(**more), kubernetes="1.36.3", runtimes=runtimes, memory=8 << 30)
    assert found == said


@pytest.mark.parametrize(
    "cluster",
    [
        {"history": "dockershim", "nodes": 2},
        {"runtimes": ["dockershim"]},
        {"runtimes": ["containerd", "docker"], "nodes": 2},
    ],
)
def test_a_cluster_that_can_t_be_is_refused(cluster: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        lab(cluster=cluster)
