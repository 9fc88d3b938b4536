"""What a learner does with checkpoints: save a lab, bring it back, remove one, clear up."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed, ToolTimeout, UsageError
from labctl.model import Cluster
from labctl.ops import clusters
from labctl.ops.checkpoint_saved import bring_back, delete, made_from, prune, save
from labctl.ops.checkpoints import LOCK, SAVED, Checkpoint, kept, labels
from labctl.ops.create import MARK
from labctl.ops.pause import pause
from tests.checkpoint_bench import FIRST, IMAGES, NODES, SPEC, all_go_on, bench_on
from tests.fakes import FakeEngine
from tests.object_fakes import FakeObjects
from tests.up_bench import NODE_IMAGES, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = bench_on(FakeEngine(), tmp_path)
    made.objects = FakeObjects.ready(*NODES)
    return made


def waits() -> None:
    raise AssertionError("nobody else is at work")


def cluster(bench: Bench) -> Cluster:
    found = clusters.find(bench.engine, "serve")
    assert found
    return found


def saved(bench: Bench, name: str = "mine") -> Checkpoint:
    return save(name, cluster(bench), bench.ports, bench.keeping, on_wait=waits)


def back(bench: Bench, name: str = "mine") -> Cluster:
    return bring_back(name, bench.ports, bench.keeping, on_wait=waits)


def names(bench: Bench) -> list[str]:
    return sorted(one.name for one in kept(bench.engine, bench.storage).whole)


def rest(bench: Bench) -> None:
    pause("serve", bench.ports)


def no_mark(bench: Bench) -> None:
    del bench.engine.files[FIRST, MARK]


def published(bench: Bench) -> None:
    mark = bench.engine.files[FIRST, MARK]
    bench.engine.files[FIRST, MARK] = mark.replace(b'"own": true', b'"own": false', 1)


def historic(bench: Bench) -> None:
    mark = bench.engine.files[FIRST, MARK]
    bench.engine.files[FIRST, MARK] = mark.replace(b'"cri-o"', b'"dockershim"')


def full(bench: Bench) -> None:
    bench.free = (4 << 30) - 1


def test_a_lab_is_saved_and_goes_on(bench: Bench) -> None:
    made = saved(bench)
    assert (made.kind, made.spec) == (SAVED, SPEC)
    assert names(bench) == ["mine"]
    assert all_go_on(bench)
    assert "Save lab 'serve' as 'mine'" in bench.progress.said


def test_what_a_cluster_was_made_from_is_read_from_its_mark(bench: Bench) -> None:
    assert made_from(cluster(bench), bench.ports) == SPEC
    bench.engine.files[FIRST, MARK] = b'{"name": "serve", "nodes": [{}]}'
    assert made_from(cluster(bench), bench.ports) is None


@pytest.mark.parametrize(
    "name", ["", "Mine", "a.b", "a/b", "-a", "a" * 41, "ready-1", "ready-0123456789ab"]
)
def test_a_name_that_can_not_be_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(UsageError, match="can't be a checkpoint's name"):
        saved(bench, name)
    assert bench.storage.made == {}


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(bench: Bench) -> None:
    made = saved(bench)
    with pytest.raises(UsageError, match="'mine' is there already"):
        saved(bench)
    assert kept(bench.engine, bench.storage).whole == (made,)


def test_a_name_of_which_a_part_is_left_can_be_used(bench: Bench) -> None:
    bench.storage.made["labctl-checkpoint-mine.x.0"] = labels("mine")
    saved(bench)
    assert kept(bench.engine, bench.storage).parts == {}


@pytest.mark.parametrize(
    ("hurt", "said"),
    [
        (rest, "does not run, and can't be asked"),
        (no_mark, "has nodes that can't be saved"),
        (published, "has nodes that can't be saved"),
        (historic, "has nodes that can't be saved"),
        (full, r"4\.0 GiB free; a checkpoint needs"),
    ],
)
def test_a_lab_that_can_not_be_saved_says_why(
    bench: Bench, hurt: Callable[[Bench], None], said: str
) -> None:
    hurt(bench)
    with pytest.raises(PrerequisiteMissing, match=said):
        saved(bench)
    assert (bench.storage.made, bench.storage.ran) == ({}, [])


def test_a_lab_comes_back_in_place_of_what_it_is_now(bench: Bench) -> None:
    saved(bench)
    bench.engine.put_file(FIRST, "/etc/late", b"x")
    made = back(bench)
    assert (made.name, made.lab, made.runtimes) == ("serve", "serve", ("containerd", "cri-o"))
    assert [node.name for node in made.nodes if node.running] == list(NODES)
    assert bench.engine.get_file(FIRST, "/etc/late") is None
    assert len(bench.kind.configs) == 1
    assert names(bench) == ["mine"]


def test_a_lab_comes_back_when_its_cluster_is_gone(bench: Bench) -> None:
    saved(bench)
    bench.down()
    assert back(bench).name == "serve"
    assert made_from(cluster(bench), bench.ports) == SPEC


@pytest.mark.parametrize("gone", [True, False])
def test_where_the_learners_files_are_is_not_forgotten(bench: Bench, gone: bool) -> None:
    notes = bench.store.cluster_dir("serve")
    for file in ("work", "progress.json"):
        bench.store.write(notes / file, f"the {file}")
    bench.store.write(notes / "kubeconfig", "of the old cluster")
    saved(bench)
    if gone:
        bench.down()
    else:
        bench.store.write(notes / "progress.json", "later progress")
    back(bench)
    assert (notes / "work").read_text() == "the work"
    progress = "the progress.json" if gone else "later progress"
    assert (notes / "progress.json").read_text() == progress
    assert (notes / "kubeconfig").read_text() == "kind: Config\n"


def test_it_comes_back_twice(bench: Bench) -> None:
    saved(bench)
    back(bench)
    assert back(bench).name == "serve"


def test_what_can_not_be_brought_back_leaves_the_cluster_alone(bench: Bench) -> None:
    made = saved(bench)
    place = made.nodes[0].place
    gone = bench.storage.made.pop(place)
    with pytest.raises(ToolFailed, match="'mine' only a part is left"):
        back(bench)
    bench.storage.made[place] = gone
    with pytest.raises(UsageError, match="no checkpoint 'other'"):
        back(bench, "other")
    bench.engine.stored[IMAGES[1].tag] = replace(
        bench.engine.stored[IMAGES[1].tag], image_id="sha256:anew"
    )
    with pytest.raises(ToolFailed, match="another node image"):
        back(bench)
    assert all_go_on(bench)
    assert bench.storage.nodes == {}


def test_what_up_keeps_is_not_for_learners_to_bring_back(bench: Bench) -> None:
    bench.auto.keep(SPEC)
    (name,) = names(bench)
    with pytest.raises(UsageError, match="'labctl up' uses it by itself"):
        back(bench, name)
    assert all_go_on(bench)


def unreadable(bench: Bench) -> None:
    bench.storage.answers["cp -a"] = ToolFailed("the volume can't be read")


def unready(bench: Bench) -> None:
    bench.objects = FakeObjects()


def interrupted(bench: Bench) -> None:
    bench.storage.answers["cp -a"] = KeyboardInterrupt()


@pytest.mark.parametrize(
    ("hurt", "error"),
    [(unreadable, ToolFailed), (unready, ToolTimeout), (interrupted, KeyboardInterrupt)],
)
def test_one_that_does_not_come_up_leaves_no_cluster_and_the_checkpoint(
    bench: Bench, hurt: Callable[[Bench], None], error: type[BaseException]
) -> None:
    saved(bench)
    before = set(bench.storage.made)
    hurt(bench)
    with pytest.raises(error):
        back(bench)
    left = [one for one in bench.leftovers() if one != "labctl-serve"]  # its folder of logs
    assert set(left) == before
    assert names(bench) == ["mine"]


def test_deleting_takes_it_whole_or_half_and_of_nothing_says_so(bench: Bench) -> None:
    made = saved(bench)
    saved(bench, "other")
    assert delete("mine", bench.ports, bench.keeping)
    assert names(bench) == ["other"]
    assert not delete("mine", bench.ports, bench.keeping)
    bench.storage.made[made.nodes[0].place] = labels("mine")
    assert delete("mine", bench.ports, bench.keeping)
    assert kept(bench.engine, bench.storage).parts == {}


def test_pruning_takes_parts_and_what_no_up_can_use_and_leaves_what_was_saved(
    bench: Bench,
) -> None:
    saved(bench)
    bench.auto.keep(SPEC)
    (ready,) = [name for name in names(bench) if name != "mine"]
    bench.storage.made["labctl-checkpoint-half.x.0"] = labels("half")
    assert prune(bench.ports, bench.keeping) == ()  # it may be what a learner saved
    assert prune(bench.ports, bench.keeping, saved=True) == ("half",)
    tag = IMAGES[0].tag
    bench.engine.stored[tag] = replace(bench.engine.stored[tag], image_id="sha256:anew")
    assert prune(bench.ports, bench.keeping) == (ready,)
    assert names(bench) == ["mine"]
    assert prune(bench.ports, bench.keeping, unused=True) == ()
    assert set(NODE_IMAGES) <= bench.engine.stored.keys()


def test_pruning_all_takes_all_but_what_was_saved(bench: Bench) -> None:
    saved(bench)
    bench.auto.keep(SPEC)
    assert len(prune(bench.ports, bench.keeping, unused=True)) == 1
    assert names(bench) == ["mine"]


def test_pruning_a_part_takes_no_whole_one_of_that_name(bench: Bench) -> None:
    made = saved(bench)
    bench.storage.made["labctl-checkpoint-mine.early.0"] = labels("mine")
    assert prune(bench.ports, bench.keeping, unused=True, saved=True) == ()
    assert kept(bench.engine, bench.storage).find("mine") == made


def test_pruning_leaves_what_another_labctl_works_on(bench: Bench) -> None:
    for name in ("half", "other"):
        bench.storage.made[f"labctl-checkpoint-{name}.x.0"] = labels(name)
    with bench.store.lock(f"{LOCK}half", timeout=0):
        assert prune(bench.ports, bench.keeping, saved=True) == ("other",)
    assert prune(bench.ports, bench.keeping, saved=True) == ("half",)


def test_pruning_goes_on_when_one_can_not_be_removed(bench: Bench) -> None:
    for name in ("half", "other"):
        bench.storage.made[f"labctl-checkpoint-{name}.x.0"] = labels(name)
    bench.storage.in_use.add("labctl-checkpoint-half.x.0")
    assert prune(bench.ports, bench.keeping, saved=True) == ("other",)


def test_who_works_on_the_lab_is_waited_for(bench: Bench) -> None:
    told: list[str] = []

    def wait() -> None:
        told.append("waiting")
        raise UsageError("enough")

    saved(bench)
    works: list[Callable[[], object]] = [
        lambda: save("more", cluster(bench), bench.ports, bench.keeping, on_wait=wait),
        lambda: bring_back("mine", bench.ports, bench.keeping, on_wait=wait),
    ]
    with bench.store.lock("serve", timeout=0):
        for work in works:
            with pytest.raises(LabctlError, match="enough"):
                work()
    assert told == ["waiting"] * 2
    assert names(bench) == ["mine"]
