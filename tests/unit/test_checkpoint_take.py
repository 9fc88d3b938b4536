"""Taking a checkpoint: two nodes stand still, are copied, and go on whatever happens."""

from dataclasses import replace
from pathlib import Path

import pytest

from labctl.model import CHECKPOINT, LABEL_CHECKPOINT, LABEL_KIND, LABEL_MANIFEST
from labctl.nodeimage import copy_script, seal_script, take_script
from labctl.ops.checkpoints import PREFIX, READY, SAVED, kept, labels
from tests.checkpoint_bench import (
    FIRST,
    IMAGES,
    KINDS,
    NODES,
    SECOND,
    SPEC,
    all_go_on,
    bench_on,
    images,
    taken,
)
from tests.fakes import STARTED, FakeEngine
from tests.up_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_on(FakeEngine(), tmp_path)


@KINDS
def test_it_says_what_it_was_taken_from(bench: Bench, kind: str) -> None:
    made = taken(bench, kind)
    assert kept(bench.engine, bench.storage).find("mine") == made
    assert (made.name, made.kind, made.spec, made.created) == ("mine", kind, SPEC, STARTED)
    for node, container in zip(made.nodes, NODES, strict=True):
        assert node.record == bench.storage.node_record(container)
        assert node.image_id == "sha256:1"
        assert node.size == 1024
    assert made.size == 2048
    assert bench.storage.made[PREFIX + "mine"] == {
        **labels("mine"),
        LABEL_MANIFEST: made.manifest(),
    }


def test_each_node_of_a_new_cluster_is_an_image_made_of_its_node_image(bench: Bench) -> None:
    made = taken(bench, READY)
    assert {node.place for node in made.nodes} == images(bench)
    assert list(bench.storage.made) == ["labctl-checkpoint-mine"]
    runs = sorted(bench.storage.ran, key=lambda run: run.commit)
    for run, node, container in zip(runs, made.nodes, NODES, strict=True):
        assert (run.image, run.commit) == (node.image.tag, node.place)
        assert (run.volumes, run.volumes_from) == ({}, f"{container}:ro")
        assert run.environ == {"KIND": "ready", "TO": "/usr/lib/labctl/var"}
        assert copy_script() + seal_script() in run.script
        assert bench.engine.stored[node.place].labels[LABEL_KIND] == CHECKPOINT


def test_each_node_that_is_saved_is_a_volume_and_never_an_image(bench: Bench) -> None:
    made = taken(bench, SAVED)
    places = {node.place for node in made.nodes}
    assert bench.storage.made.keys() == {*places, "labctl-checkpoint-mine"}
    assert images(bench) == set()
    runs = sorted(bench.storage.ran, key=lambda run: run.volumes_from)
    for run, node, row in zip(runs, made.nodes, bench.engine.rows, strict=True):
        assert bench.storage.made[node.place] == labels("mine")
        assert (run.image, run.commit) == (row.image, "")
        assert run.volumes == {node.place: "/checkpoint"}
        assert run.volumes_from == f"{row.name}:ro"
        assert run.environ == {"KIND": "saved", "TO": "/checkpoint/var"}
        assert copy_script() in run.script
        assert seal_script() not in run.script


@KINDS
def test_what_works_on_it_carries_its_label(bench: Bench, kind: str) -> None:
    taken(bench, kind)
    assert [run.labels for run in bench.storage.ran] == [labels("mine")] * 2
    assert labels("mine")[LABEL_CHECKPOINT] == "mine"


@KINDS
def test_all_nodes_stand_still_for_the_copy_and_the_control_plane_first(
    bench: Bench, kind: str
) -> None:
    taken(bench, kind)
    assert [run.still for run in bench.storage.ran] == [NODES, NODES]
    assert bench.engine.asked == [
        f"pause {FIRST}",
        f"pause {SECOND}",
        f"start {SECOND}",
        f"start {FIRST}",
    ]
    assert all_go_on(bench)


@KINDS
def test_each_node_is_told_what_it_was_before_it_stands_still(bench: Bench, kind: str) -> None:
    taken(bench, kind)
    assert bench.runner.calls == [
        ("docker", "exec", "-i", node, "sh", "-c", take_script(), "sh", kind, *rest)
        for node in NODES
        for rest in [("labctl-serve", "worker")]
    ]


CHANGED = {
    "/etc/kubernetes/manifests/etcd.yaml": True,
    "/kind/kubeadm.conf": True,
    "/kind/labctl": True,
    "/kind/labctl/restored": True,
    "/kind": True,
    "/etc/kubernetes": True,
    "/etc/kubernetes/manifests": True,
    "/etc/kubernetes/pki/ca.key": True,
    "/etc/hosts": True,
    "/etc/hosts.allow": True,
    "/etc/issue": False,
    "/run/lock": True,
    "/tmp/x": False,  # noqa: S108 - a path in a node
    "/var": True,
    "/various": True,
    "/root/notes": True,
}


def test_of_a_new_cluster_go_its_manifests_and_no_key(bench: Bench) -> None:
    bench.storage.changed[FIRST] = CHANGED
    taken(bench, READY)
    told = bench.runner.told  # type: ignore[attr-defined]
    assert told == {
        FIRST: "+/etc/kubernetes/manifests/etcd.yaml\n+/kind/kubeadm.conf\n",
        SECOND: "",
    }


def test_of_a_learners_node_goes_all_but_what_passes_and_what_is_gone_is_said(
    bench: Bench,
) -> None:
    bench.storage.changed[FIRST] = CHANGED
    taken(bench, SAVED)
    told = bench.runner.told  # type: ignore[attr-defined]
    assert told[FIRST].splitlines() == [
        "+/etc/hosts.allow",
        "-/etc/issue",
        "+/etc/kubernetes",
        "+/etc/kubernetes/manifests",
        "+/etc/kubernetes/manifests/etcd.yaml",
        "+/etc/kubernetes/pki/ca.key",
        "+/kind",
        "+/kind/kubeadm.conf",
        "+/root/notes",
        "+/various",
    ]


@KINDS
def test_what_an_earlier_try_left_goes_first(bench: Bench, kind: str) -> None:
    bench.storage.made["labctl-checkpoint-mine.early.0"] = labels("mine")
    early = replace(bench.engine.stored[IMAGES[0].tag], tags=("labctl/checkpoint:mine.early.0",))
    marked = replace(early, labels={LABEL_KIND: CHECKPOINT})
    bench.engine.stored["labctl/checkpoint:mine.early.0"] = marked
    made = taken(bench, kind)
    there = kept(bench.engine, bench.storage)
    assert (there.whole, there.parts) == ((made,), {})


def test_one_that_another_labctl_kept_meanwhile_is_not_taken_again(bench: Bench) -> None:
    bench.auto.keep(SPEC)
    before = kept(bench.engine, bench.storage)
    bench.storage.ran.clear()
    bench.auto.keep(SPEC)
    assert kept(bench.engine, bench.storage) == before
    assert bench.storage.ran == []
    assert len(before.whole) == 1
