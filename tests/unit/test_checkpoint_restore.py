"""A cluster of two nodes from a checkpoint: as itself, or as another one of the same shape."""

from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ToolFailed, ToolTimeout
from labctl.model import (
    KIND_CLUSTER,
    KIND_ROLE,
    LABEL_CLUSTER,
    NETWORK,
    RUNTIMES,
    ClusterSpec,
    NodeImage,
    OciRuntime,
)
from labctl.nodeimage import restore_files
from labctl.nodeimage.recipe import image_tag
from labctl.ops import clusters
from labctl.ops.checkpoint_restore import restore
from labctl.ops.checkpoint_take import take
from labctl.ops.checkpoints import READY, SAVED, Checkpoint, remove_checkpoint
from labctl.ops.create import create, made_with
from tests.checkpoint_fakes import BOOT
from tests.up_bench import Bench

CONTAINERD, CRIO, _ = RUNTIMES
IMAGES = tuple(
    NodeImage(image_tag("1.36.3", one), "1.36.3", one, own=True) for one in (CONTAINERD, CRIO)
)
OLD = ClusterSpec("serve", "serve", IMAGES, OciRuntime.CRUN)
NEW = ClusterSpec("two", "other", IMAGES, OciRuntime.CRUN)
FIRST, SECOND = NODES = ("labctl-two-control-plane", "labctl-two-worker")
KINDS = pytest.mark.parametrize("kind", [READY, SAVED])


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def kept(bench: Bench, kind: str = READY) -> Checkpoint:
    """A checkpoint, and nothing else that is left of its cluster."""
    spec = OLD if kind == READY else replace(OLD, name="two", lab="other")
    create(spec, bench.ports)
    made = take("mine", kind, spec, bench.ports, bench.keeping)
    bench.down(spec.name)
    bench.storage.ran.clear()
    bench.engine.asked.clear()
    return made


def restored(bench: Bench, kind: str = READY) -> Checkpoint:
    one = kept(bench, kind)
    restore(one, NEW, bench.ports, bench.storage)
    return one


def nodes_running(bench: Bench) -> list[str]:
    return sorted(node.name for node in bench.engine.rows if node.running)


@KINDS
def test_it_is_a_cluster_as_up_and_kind_know_them(bench: Bench, kind: str) -> None:
    restored(bench, kind)
    cluster = clusters.find(bench.engine, "two")
    assert cluster
    assert (cluster.name, cluster.lab, cluster.kubernetes) == ("two", "other", "1.36.3")
    assert (cluster.runtimes, cluster.oci_runtime) == (("containerd", "cri-o"), "crun")
    assert [node.name for node in cluster.nodes] == list(NODES)
    for node, role in zip(cluster.nodes, ("control-plane", "worker"), strict=True):
        assert (node.labels[KIND_CLUSTER], node.labels[KIND_ROLE]) == ("labctl-two", role)
        assert (node.kind_cluster, node.role) == ("labctl-two", role)
    assert nodes_running(bench) == list(NODES)
    assert made_with(bench.engine, FIRST) == 2
    assert NETWORK in bench.engine.networks
    assert bench.store.kubeconfig("two").read_text() == "kind: Config\n"


def test_kubeadm_is_not_asked(bench: Bench) -> None:
    restored(bench)
    assert len(bench.kind.configs) == 1


@KINDS
def test_each_node_is_made_as_the_one_that_was_kept(bench: Bench, kind: str) -> None:
    one = restored(bench, kind)
    for node, container in zip(one.nodes, NODES, strict=True):
        made = bench.storage.nodes[container]
        assert made.record == node.record
        assert made.entry == ("sh", "/kind/labctl/restore/entry.sh")
        assert made.entry[1] in restore_files()
    assert one.nodes[0].record != one.nodes[1].record


@KINDS
def test_only_the_control_plane_can_be_reached_from_the_machine(bench: Bench, kind: str) -> None:
    restored(bench, kind)
    published = [name for name, made in bench.storage.nodes.items() if made.published]
    assert published == [FIRST]


@KINDS
def test_each_node_has_an_image_of_its_own_with_all_that_a_new_one_has(
    bench: Bench, kind: str
) -> None:
    one = restored(bench, kind)
    for node, kept_node in zip(NODES, one.nodes, strict=True):
        tag = f"labctl/cluster:two.{node.removeprefix('labctl-two-')}"
        (row,) = [row for row in bench.engine.rows if row.name == node]
        assert row.image == tag
        base = kept_node.place if kind == READY else kept_node.image.tag
        assert bench.engine.stored[tag].image_id == bench.engine.stored[base].image_id
        added = bench.engine.added[tag]
        assert restore_files().items() <= added.items()
        assert any(b"crun" in added[path] for path in added.keys() - restore_files().keys())


def test_from_an_image_nothing_is_copied(bench: Bench) -> None:
    restored(bench)
    assert bench.storage.ran == []


def test_from_a_volume_each_node_is_filled_before_it_starts(bench: Bench) -> None:
    one = restored(bench, SAVED)
    runs = sorted(bench.storage.ran, key=lambda run: run.volumes_from)
    for run, node, container in zip(runs, one.nodes, NODES, strict=True):
        assert run.volumes == {node.place: "/checkpoint"}
        assert (run.volumes_from, run.commit) == (container, "")
        assert run.script == "cp -a /checkpoint/var/. /var/"
        assert run.labels == {LABEL_CLUSTER: "two"}
        assert container in run.still


def test_a_worker_gets_the_authority_and_its_own_kubeconfig(bench: Bench) -> None:
    restored(bench)
    brought = {
        (node, path): text
        for (node, path), text in bench.engine.files.items()
        if path.startswith("/kind/labctl/join/")
    }
    assert brought == {
        (SECOND, "/kind/labctl/join/ca.crt"): b"authority",
        (SECOND, "/kind/labctl/join/kubelet.conf"): b"kubeconfig of worker",
    }
    # The worker goes on as soon as it has a kubeconfig.
    assert list(brought)[-1] == (SECOND, "/kind/labctl/join/kubelet.conf")


@KINDS
def test_what_a_checkpoint_is_made_into_leaves_it_as_it_is(bench: Bench, kind: str) -> None:
    one = restored(bench, kind)
    bench.down("two")
    restore(one, NEW, bench.ports, bench.storage)
    assert nodes_running(bench) == list(NODES)


@pytest.mark.parametrize(
    "kind",
    [
        READY,
        SAVED,
    ],
)
def test_a_cluster_goes_on_when_its_checkpoint_is_removed(bench: Bench, kind: str) -> None:
    restored(bench, kind)
    remove_checkpoint("mine", bench.engine, bench.storage)
    assert nodes_running(bench) == list(NODES)


def test_the_reason_that_a_node_gives_is_told(bench: Bench) -> None:
    one = kept(bench)
    bench.storage.boot = {"/kind/labctl/failed": b"[certs] Generating\nno such host\n"}
    with pytest.raises(ToolFailed, match=f"^Node '{FIRST}' did not come up: no such host"):
        restore(one, NEW, bench.ports, bench.storage)


def test_a_failure_without_a_reason_is_told_too(bench: Bench) -> None:
    one = kept(bench)
    bench.storage.boot = {**BOOT, "/kind/labctl/failed": b""}
    del bench.storage.boot["/kind/labctl/restored"]
    with pytest.raises(ToolFailed, match=f"Node '{FIRST}' did not come up"):
        restore(one, NEW, bench.ports, bench.storage)


@pytest.mark.parametrize(
    "missing",
    ["/kind/labctl/own", "/kind/labctl/joins/worker", "/kind/labctl/restored"],
)
def test_what_does_not_come_is_named_and_the_cluster_stays_half_made(
    bench: Bench, missing: str
) -> None:
    one = kept(bench)
    bench.storage.boot = {path: text for path, text in BOOT.items() if path != missing}
    with pytest.raises(ToolTimeout, match=f"node '{FIRST}'; last seen: '{missing}'"):
        restore(one, NEW, bench.ports, bench.storage)
    assert made_with(bench.engine, FIRST) is None


@KINDS
@pytest.mark.parametrize("node", NODES)
def test_a_container_that_can_not_be_made_is_a_failure(bench: Bench, kind: str, node: str) -> None:
    one = kept(bench, kind)
    bench.storage.fails[f"make_node {node}"] = ToolFailed("port is already allocated")
    with pytest.raises(ToolFailed, match="already allocated"):
        restore(one, NEW, bench.ports, bench.storage)
    assert made_with(bench.engine, FIRST) is None


@KINDS
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("there", [True, False])
def test_another_node_image_than_it_was_taken_from_is_refused(
    bench: Bench, kind: str, number: int, there: bool
) -> None:
    one = kept(bench, kind)
    tag = IMAGES[number].tag
    found = bench.engine.stored.pop(tag)
    if there:
        bench.engine.stored[tag] = replace(found, image_id="sha256:anew")
    with pytest.raises(ToolFailed, match=f"'mine' was taken from another node image '{tag}'"):
        restore(one, NEW, bench.ports, bench.storage)
    assert (bench.engine.rows, bench.engine.networks) == ([], {})
