from datetime import timedelta

import pytest

from labctl.errors import ApiUnreachable, LabctlError, ToolFailed, ToolTimeout
from labctl.ops.readiness import unready, wait_ready
from tests.fakes import STARTED, FakeTime
from tests.object_fakes import FakeObjects

ONE = {"n1": STARTED}


def test_a_ready_cluster_waits_for_nothing() -> None:
    objects = FakeObjects.ready("n1", "n2")
    assert unready(objects, {"n1": STARTED, "n2": STARTED}) is None


def test_a_node_that_has_not_joined_is_waited_for() -> None:
    objects = FakeObjects.ready("n1")
    assert unready(objects, {"n1": STARTED, "n2": STARTED}) == "1 of 2 nodes have joined"


def test_a_node_says_why_it_is_not_ready() -> None:
    objects = FakeObjects.ready("n1")
    objects.kinds["Node"][0]["status"]["conditions"] = [
        {"type": "Ready", "status": "False", "message": "cni plugin not initialized"}
    ]
    assert "cni plugin not initialized" in str(unready(objects, ONE))


def test_what_was_said_before_a_restart_does_not_count() -> None:
    objects = FakeObjects.ready("n1")
    restarted = {"n1": STARTED + timedelta(hours=1)}
    assert "has not reported" in str(unready(objects, restarted))
    objects.kinds["Lease"][0]["spec"]["renewTime"] = (STARTED + timedelta(hours=2)).isoformat()
    assert unready(objects, restarted) == "kube-proxy: 0 of 1 Pods are ready"


def test_every_replica_of_coredns_is_waited_for() -> None:
    objects = FakeObjects.ready("n1")
    del objects.kinds["Pod"][0]
    assert unready(objects, ONE) == "coredns: 1 of 2 Pods are ready"


def test_what_carries_services_is_waited_for_on_every_node() -> None:
    objects = FakeObjects.ready("n1", "n2")
    objects.kinds["Pod"][-1]["status"]["conditions"] = []
    assert unready(objects, {"n1": STARTED, "n2": STARTED}) == "kube-proxy: 1 of 2 Pods are ready"


def test_the_default_service_account_is_waited_for() -> None:
    objects = FakeObjects.ready("n1")
    objects.kinds["ServiceAccount"] = []
    assert "service account" in str(unready(objects, ONE))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ApiUnreachable("connection refused"), "does not answer yet"),
        (ToolFailed("forbidden: RBAC is not loaded"), "RBAC is not loaded"),
    ],
)
def test_an_api_server_that_starts_is_waited_for_until_the_deadline(
    error: LabctlError, said: str
) -> None:
    def away() -> FakeObjects:
        raise error

    time = FakeTime()
    with pytest.raises(ToolTimeout, match=said):
        wait_ready(away, ONE, detail=lambda _: None, timeout=30, clock=time.clock())
    assert 29 < time.seconds < 32
