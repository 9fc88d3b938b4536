import pytest

from labctl.errors import ApiUnreachable, ToolTimeout
from labctl.ops.readiness import unready, wait_ready
from tests.fakes import FakeObjects, FakeTime


def test_a_ready_cluster_waits_for_nothing() -> None:
    assert unready(FakeObjects.ready(3), 3) is None


def test_a_node_that_has_not_joined_is_waited_for() -> None:
    assert unready(FakeObjects.ready(2), 3) == "2 of 3 nodes have joined"


def test_every_replica_of_coredns_is_waited_for() -> None:
    objects = FakeObjects.ready()
    objects.kinds["Deployment"][0]["status"] = {"availableReplicas": 1}
    assert unready(objects, 1) == "CoreDNS: 1 of 2 Pods are available"


def test_the_default_service_account_is_waited_for() -> None:
    objects = FakeObjects.ready()
    objects.kinds["ServiceAccount"] = []
    assert "service account" in str(unready(objects, 1))


def test_an_api_server_that_is_away_is_waited_for_until_the_deadline() -> None:
    def away() -> FakeObjects:
        raise ApiUnreachable("no")

    time = FakeTime()
    with pytest.raises(ToolTimeout, match="does not answer yet"):
        wait_ready(away, 1, detail=lambda _: None, timeout=30, clock=time.clock())
    assert 29 < time.seconds < 32
