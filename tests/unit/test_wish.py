"""What was asked for, beside what is there: runtimes."""

from dataclasses import replace

import pytest

from labctl.errors import UsageError
from labctl.model import RUNTIMES, Cluster, Node, OciRuntime, Runtime
from labctl.ops.wish import HISTORY, Wish, differences, node_runtimes

CONTAINERD, CRIO, DOCKER = RUNTIMES
DOCKERSHIM = Runtime.DOCKERSHIM
NODES = tuple(Node(f"n{number}", "", True, "running", "") for number in range(4))
MIXED = Cluster("a", "a", "1.36.3", ("containerd", "cri-o", "docker"), "runc", NODES)


@pytest.mark.parametrize(
    ("asked", "nodes", "found"),
    [
        ([CONTAINERD], None, (CONTAINERD,)),
        ([CRIO], 1, (CRIO,)),
        ([DOCKER], 3, (DOCKER, DOCKER, DOCKER)),
        ([CONTAINERD, CRIO], None, (CONTAINERD, CONTAINERD, CRIO)),
        ([DOCKER, CRIO], 3, (DOCKER, DOCKER, CRIO)),
        ([DOCKER, CRIO, CONTAINERD], None, (DOCKER, DOCKER, CRIO, CONTAINERD)),
        ([CRIO, DOCKER], 6, (CRIO, CRIO, DOCKER, CRIO, DOCKER, CRIO)),
    ],
)
def test_the_first_runtime_is_the_control_planes_and_workers_have_all_in_turn(
    asked: list[Runtime], nodes: int | None, found: tuple[Runtime, ...]
) -> None:
    assert node_runtimes(asked, nodes) == found


@pytest.mark.parametrize("asked", [HISTORY, (DOCKERSHIM,), (DOCKERSHIM, CRIO)])
@pytest.mark.parametrize("nodes", [None, 1, 2, 4])
def test_the_historic_cluster_is_a_control_plane_without_the_dockershim_and_a_worker_with_it(
    asked: tuple[Runtime, ...], nodes: int | None
) -> None:
    assert node_runtimes(asked, nodes) == (CONTAINERD, DOCKERSHIM)


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_too_few_nodes_for_the_runtimes_are_refused(nodes: int) -> None:
    with pytest.raises(UsageError, match=f"3 workers, but --nodes is {nodes}") as caught:
        node_runtimes(RUNTIMES, nodes)
    assert "ask for 4 or more" in caught.value.hint
    assert len(node_runtimes(RUNTIMES, 4)) == 4


@pytest.mark.parametrize(
    "wish",
    [
        Wish("a", "a"),
        Wish("a", "a", "1.36.3", (CONTAINERD, CRIO, DOCKER), OciRuntime.RUNC, 4),
        Wish("a", "a", oci_runtime=OciRuntime.RUNC),
    ],
)
def test_what_is_as_it_was_asked_for_differs_in_nothing(wish: Wish) -> None:
    assert differences(wish, MIXED) == []


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            Wish("a", "a", runtimes=(CONTAINERD,)),
            "its runtime is containerd,cri-o,docker, not containerd",
        ),
        (
            Wish("a", "a", runtimes=(CONTAINERD, CRIO)),
            "its runtime is containerd,cri-o,docker, not containerd,cri-o",
        ),
        (Wish("a", "a", oci_runtime=OciRuntime.CRUN), "its OCI runtime is runc, not crun"),
    ],
)
def test_another_runtime_than_was_asked_for_is_named(wish: Wish, said: str) -> None:
    assert differences(wish, MIXED) == [said]


def test_the_historic_cluster_is_what_was_asked_for_and_one_of_today_is_not() -> None:
    cluster = replace(MIXED, kubernetes="1.24.17", runtimes=HISTORY, nodes=NODES[:2])
    assert differences(Wish("a", "a", runtimes=HISTORY), cluster) == []
    said = "its runtime is containerd,dockershim, not containerd"
    assert differences(Wish("a", "a", runtimes=(CONTAINERD,)), cluster) == [said]


def test_every_difference_is_told() -> None:
    cluster = replace(MIXED, runtimes=("docker",), oci_runtime="crun", nodes=NODES[:1])
    wish = Wish("a", "b", "1.34.4", (CRIO,), OciRuntime.RUNC, 3)
    assert differences(wish, cluster) == [
        "it runs lab 'a', not 'b'",
        "it runs Kubernetes 1.36.3, not 1.34.4",
        "its runtime is docker, not cri-o",
        "its OCI runtime is crun, not runc",
        "it has 1 node, not 3",
    ]
