"""Taking a checkpoint: two nodes stand still, are copied, and go on whatever happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import Interrupted, ToolFailed
from labctl.model import (
    CHECKPOINT,
    LABEL_CHECKPOINT,
    LABEL_KIND,
    LABEL_MANIFEST,
    RUNTIMES,
    ClusterSpec,
    NodeImage,
)
from labctl.nodeimage import copy_script, seal_script, take_script
from labctl.nodeimage.recipe import image_tag
from labctl.ops.checkpoint_take import take
from labctl.ops.checkpoints import PREFIX, READY, SAVED, Checkpoint, kept, labels
from labctl.ops.create import create
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import STARTED, FakeEngine, FakeRunner, Said
from tests.up_bench import Bench

CONTAINERD, CRIO, _ = RUNTIMES
IMAGES = tuple(
    NodeImage(image_tag("1.36.3", one), "1.36.3", one, own=True) for one in (CONTAINERD, CRIO)
)
SPEC = ClusterSpec("serve", "serve", IMAGES)
FIRST, SECOND = NODES = ("labctl-serve-control-plane", "labctl-serve-worker")
KINDS = pytest.mark.parametrize("kind", [READY, SAVED])


@dataclass
class Nodes(FakeRunner):
    """`docker exec -i` on a FakeEngine's nodes; a paused one refuses."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    told: dict[str, str] = field(default_factory=dict)

    def run(self, argv: Sequence[str], *, timeout: float, **options: Any) -> Said:
        assert tuple(argv[:3]) == ("docker", "exec", "-i")
        if not next(node.running for node in self.engine.rows if node.name == argv[3]):
            raise ToolFailed("cannot exec in a paused container")
        self.told[argv[3]] = options["stdin"].decode()
        return super().run(argv, timeout=timeout)


class TiredEngine(FakeEngine):
    """One whose second node can't be paused."""

    def pause(self, container: str) -> None:
        if container == SECOND:
            raise ToolFailed("cannot pause it")
        super().pause(container)


@dataclass
class LostNode(FakeEngine):
    """One whose second node went away while it was paused."""

    lost: str = ""

    def start(self, container: str) -> None:
        if container == self.lost:
            raise ToolFailed("no such container")
        super().start(container)


def bench_on(engine: FakeEngine, folder: Path) -> Bench:
    made = Bench(folder / "home", engine=engine, runner=Nodes(engine=engine))
    create(SPEC, made.ports)
    return made


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_on(FakeEngine(), tmp_path)


def taken(bench: Bench, kind: str) -> Checkpoint:
    return take("mine", kind, SPEC, bench.ports, bench.keeping)


def images(bench: Bench) -> set[str]:
    return {tag for tag in bench.engine.stored if tag.startswith("labctl/checkpoint:")}


def nothing_is_left(bench: Bench) -> bool:
    there = kept(bench.engine, bench.storage)
    return (there.whole, there.parts, bench.storage.made, images(bench)) == ((), {}, {}, set())


def all_go_on(bench: Bench) -> bool:
    return [node.name for node in bench.engine.rows if node.running] == list(NODES)


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


def _fails(verb: str) -> Callable[[FakeStorage, BaseException], None]:
    def prepare(storage: FakeStorage, error: BaseException) -> None:
        storage.fails[verb] = error

    return prepare


def _copy(node: str) -> Callable[[FakeStorage, BaseException], None]:
    def prepare(storage: FakeStorage, error: BaseException) -> None:
        storage.answers[f"{node}:ro"] = error

    return prepare


@KINDS
@pytest.mark.parametrize("error", [ToolFailed("exit 1"), Interrupted("x"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    "prepare",
    [
        _fails("changes"),
        _copy(FIRST),
        _copy(SECOND),
        _fails(f"node_record {SECOND}"),
        _fails("make_volume labctl-checkpoint-mine"),
    ],
    ids=["changes", "first copy", "second copy", "record", "manifest"],
)
def test_whatever_fails_nothing_is_left_and_the_nodes_go_on(
    bench: Bench,
    kind: str,
    prepare: Callable[[FakeStorage, BaseException], None],
    error: BaseException,
) -> None:
    prepare(bench.storage, error)
    with pytest.raises(type(error)) as caught:
        taken(bench, kind)
    assert caught.value is error
    assert nothing_is_left(bench)
    assert all_go_on(bench)


def test_a_node_that_can_not_be_asked_leaves_the_others_at_work(bench: Bench) -> None:
    bench.engine.pause(SECOND)
    bench.engine.asked.clear()
    with pytest.raises(ToolFailed, match="cannot exec"):
        taken(bench, READY)
    assert bench.engine.asked == []
    assert nothing_is_left(bench)


@KINDS
def test_nodes_go_on_when_another_can_not_be_paused(kind: str, tmp_path: Path) -> None:
    bench = bench_on(TiredEngine(), tmp_path)
    with pytest.raises(ToolFailed, match="cannot pause it"):
        taken(bench, kind)
    assert f"start {FIRST}" in bench.engine.asked
    assert all_go_on(bench)
    assert bench.storage.ran == []
    assert nothing_is_left(bench)


@KINDS
@pytest.mark.parametrize("lost", NODES)
def test_a_node_that_does_not_go_on_is_told_and_does_not_hold_up_the_others(
    kind: str, lost: str, tmp_path: Path
) -> None:
    bench = bench_on(LostNode(lost=lost), tmp_path)
    with pytest.raises(ToolFailed, match=f"Node '{lost}' does not go on") as caught:
        taken(bench, kind)
    assert "labctl resume" in caught.value.hint
    assert [node.name for node in bench.engine.rows if not node.running] == [lost]
    assert nothing_is_left(bench)


@KINDS
def test_a_full_disk_is_named(bench: Bench, kind: str) -> None:
    full = "tar: ./lib/x: Cannot write: No space left on device."
    bench.storage.answers[f"{SECOND}:ro"] = ToolFailed(full)
    with pytest.raises(ToolFailed, match="disk is full: no checkpoint was kept") as caught:
        taken(bench, kind)
    assert "docker system df" in caught.value.hint
    assert nothing_is_left(bench)


def test_the_first_error_is_told_when_cleaning_up_fails_too(bench: Bench) -> None:
    bench.storage.answers[f"{SECOND}:ro"] = ToolFailed("the copy failed")
    bench.storage.fails["remove_volume"] = ToolFailed("volume is in use")
    with pytest.raises(ToolFailed, match="the copy failed"):
        taken(bench, SAVED)
    assert all_go_on(bench)
    assert kept(bench.engine, bench.storage).find("mine") is None


@KINDS
def test_what_an_earlier_try_left_goes_first(bench: Bench, kind: str) -> None:
    bench.storage.made["labctl-checkpoint-mine.early.0"] = labels("mine")
    early = replace(bench.engine.stored[IMAGES[0].tag], tags=("labctl/checkpoint:mine.early.0",))
    marked = replace(early, labels={LABEL_KIND: CHECKPOINT})
    bench.engine.stored["labctl/checkpoint:mine.early.0"] = marked
    made = taken(bench, kind)
    there = kept(bench.engine, bench.storage)
    assert (there.whole, there.parts) == ((made,), {})


@dataclass
class Rivals(FakeStorage):
    """Another labctl, with another state folder, is quicker with the same name."""

    def make_volume(self, name: str, *, labels: Any) -> None:
        if LABEL_MANIFEST in labels:
            theirs = '{"format": "labctl/checkpoint/v0"}'
            super().make_volume(name, labels={**labels, LABEL_MANIFEST: theirs})
        super().make_volume(name, labels=labels)


@KINDS
def test_of_two_that_keep_the_same_the_later_one_gives_way(bench: Bench, kind: str) -> None:
    bench.storage = Rivals(bench.engine)
    with pytest.raises(ToolFailed, match="Another labctl keeps a checkpoint 'mine'"):
        taken(bench, kind)
    assert list(bench.storage.made) == ["labctl-checkpoint-mine"]
    assert images(bench) == set()
    assert all_go_on(bench)
