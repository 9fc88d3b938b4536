"""What counts as changed in a cluster, and what comes and goes by itself."""

from typing import Any

import pytest

from labctl.ops.lab_test.state import cluster_state
from tests.kube_fake import FakeKube

CLOSED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
AWAY = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "timeAdded": "now"}
OWN = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def state(**spec: Any) -> dict[str, str]:
    """Of a cluster with one node."""
    kube = FakeKube()
    kube.apply([{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "spec": spec}])
    return cluster_state(kube)


@pytest.mark.parametrize("taints", [[], [AWAY], [CLOSED, AWAY]])
def test_how_a_node_is_at_the_moment_is_no_change(taints: list[dict[str, str]]) -> None:
    assert state(podCIDR="10.0.0.0/24", taints=taints) == state(podCIDR="10.0.0.0/24")


@pytest.mark.parametrize("spec", [{"unschedulable": True}, {"taints": [OWN, AWAY]}])
def test_what_somebody_wrote_is_a_change(spec: dict[str, Any]) -> None:
    assert state(**spec) != state()
