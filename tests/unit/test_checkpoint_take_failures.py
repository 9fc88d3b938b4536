"""A checkpoint that can not be taken: nothing of it is left, and the cluster goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import Interrupted, ToolFailed
from labctl.model import (
    LABEL_MANIFEST,
)
from labctl.ops.checkpoints import READY, SAVED, kept
from tests.checkpoint_bench import (
    FIRST,
    KINDS,
    NODES,
    SECOND,
    all_go_on,
    bench_on,
    images,
    nothing_is_left,
    taken,
)
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import FakeEngine
from tests.up_bench import Bench


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


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_on(FakeEngine(), tmp_path)


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
    with pytest.raises(ToolFailed, match="disk is full; no checkpoint was kept") as caught:
        taken(bench, kind)
    assert "docker system df" in caught.value.hint
    assert nothing_is_left(bench)


def test_a_full_disk_is_named_wherever_the_copy_says_so(bench: Bench) -> None:
    lines = ["tar: ./lib/x: Cannot write: No space left on device", "tar: Exiting with failure"]
    bench.storage.answers[f"{SECOND}:ro"] = ToolFailed(f"{lines[-1]}.", details=lines)
    with pytest.raises(ToolFailed, match="disk is full"):
        taken(bench, SAVED)


@dataclass
class LostEngine(FakeStorage):
    """It goes away when all is done but the last look."""

    def volumes(self, label: str) -> dict[str, dict[str, str]]:
        if any(LABEL_MANIFEST in labels for labels in self.made.values()):
            raise ToolFailed("it went away")
        return super().volumes(label)


@KINDS
def test_when_the_last_look_fails_nothing_is_left_either(bench: Bench, kind: str) -> None:
    bench.storage = LostEngine(bench.engine)
    with pytest.raises(ToolFailed, match="it went away"):
        taken(bench, kind)
    assert (bench.storage.made, images(bench)) == ({}, set())


def test_the_first_error_is_told_when_cleaning_up_fails_too(bench: Bench) -> None:
    bench.storage.answers[f"{SECOND}:ro"] = ToolFailed("the copy failed")
    bench.storage.fails["remove_volume"] = ToolFailed("volume is in use")
    with pytest.raises(ToolFailed, match="the copy failed"):
        taken(bench, SAVED)
    assert all_go_on(bench)
    assert kept(bench.engine, bench.storage).find("mine") is None


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
