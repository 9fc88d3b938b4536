"""`up` with checkpoints: the first start of a shape keeps one, the next ones start from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import ToolFailed
from labctl.model import Cluster, ClusterSpec, NodeImage, OciRuntime, Runtime
from labctl.nodeimage.recipe import image_tag
from labctl.ops.checkpoint_auto import AutoCheckpoints
from labctl.ops.checkpoints import PREFIX, READY, Checkpoint, kept, labels, ready_name
from labctl.ops.wish import HISTORY
from tests.fakes import node_image
from tests.object_fakes import FakeObjects
from tests.up_bench import NODE_IMAGES, Bench, FakeStage

COLD = ["node images", "build", "load base", "load", "scene"]
FROM_CHECKPOINT = ["node images", "build", "load", "scene"]
WORKERS = ("control-plane", "worker", "worker2", "worker3")


def ready(name: str) -> FakeObjects:
    return FakeObjects.ready(*(f"labctl-{name}-{suffix}" for suffix in WORKERS))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home", objects=ready("serve"), others={"two": ready("two")})


def up(bench: Bench, name: str = "serve", *, recreate: bool = False, **wish: Any) -> Cluster:
    bench.stage.done.clear()
    done = bench.up(checkpoints=bench.auto, recreate=recreate, name=name, **wish)
    assert done.state == "created"
    return done.cluster


def whole(bench: Bench) -> tuple[Checkpoint, ...]:
    return kept(bench.engine, bench.storage).whole


def said(bench: Bench, words: str) -> bool:
    return any(words in line for line in bench.progress.said)


def starts(bench: Bench) -> int:
    """How often kubeadm had to work."""
    return len(bench.kind.configs)


def test_the_first_start_keeps_one_of_the_cluster_without_the_lab(bench: Bench) -> None:
    cluster = up(bench)
    (one,) = whole(bench)
    assert (one.kind, one.name) == (READY, ready_name(one.spec, bench.engine))
    assert bench.stage.done == COLD
    assert [node.name for node in cluster.nodes if node.running] == ["labctl-serve-control-plane"]
    assert said(bench, "Keep a checkpoint for the next start")


@dataclass
class Watched:
    """No checkpoints, and what the lab had done when it was asked for them."""

    bench: Bench
    seen: list[tuple[str, list[str]]]

    def take_spare(self, spec: ClusterSpec) -> bool:
        return False

    def restore(self, spec: ClusterSpec) -> bool:
        self.seen.append(("restore", list(self.bench.stage.done)))
        return False

    def discard(self, spec: ClusterSpec) -> None:
        self.seen.append(("discard", list(self.bench.stage.done)))

    def keep(self, spec: ClusterSpec) -> None:
        assert self.bench.progress.said[-1].startswith("Wait for nodes")
        self.seen.append(("keep", list(self.bench.stage.done)))


def test_it_is_kept_when_the_cluster_is_ready_and_before_the_labs_images_come(
    bench: Bench,
) -> None:
    watched = Watched(bench, [])
    bench.up(checkpoints=watched)
    assert watched.seen == [("restore", COLD[:2]), ("keep", COLD[:3])]


def test_the_second_start_is_from_it_whatever_the_cluster_is_called(bench: Bench) -> None:
    up(bench)
    cluster = up(bench, "two", lab="other")
    assert starts(bench) == 1
    assert (cluster.name, cluster.lab) == ("two", "other")
    assert bench.stage.done == FROM_CHECKPOINT
    assert bench.store.kubeconfig("two").read_text() == "kind: Config\n"
    assert len(whole(bench)) == 1
    assert len(bench.engine.rows) == 2


def test_a_mixed_cluster_has_its_own(bench: Bench) -> None:
    runtimes = (Runtime.CONTAINERD, Runtime.CRIO, Runtime.DOCKER)
    up(bench)
    up(bench, runtimes=runtimes, recreate=True)
    assert starts(bench) == 2
    cluster = up(bench, "two", runtimes=runtimes)
    assert starts(bench) == 2
    assert [node.labels["dev.labctl.runtime"] for node in cluster.nodes] == [
        "containerd",
        "containerd",
        "cri-o",
        "docker",
    ]
    assert all(node.running for node in bench.engine.rows)


def test_another_shape_starts_cold_and_both_are_kept(bench: Bench) -> None:
    up(bench)
    up(bench, "two", oci_runtime=OciRuntime.CRUN)
    assert starts(bench) == 2
    assert len(whole(bench)) == 2


def test_without_checkpoints_none_is_used_and_none_is_made(bench: Bench) -> None:
    bench.up()
    assert bench.stage.done == FROM_CHECKPOINT
    assert bench.storage.made == {}
    up(bench, "two")
    assert len(whole(bench)) == 1
    bench.down()
    bench.up()
    assert starts(bench) == 3
    assert len(whole(bench)) == 1


def test_a_cluster_that_is_there_is_gone_on_with(bench: Bench) -> None:
    up(bench)
    assert bench.up(checkpoints=bench.auto).state == "running"
    assert (starts(bench), len(whole(bench))) == (1, 1)


def test_a_restore_that_fails_is_told_and_the_cluster_is_made_anew(bench: Bench) -> None:
    up(bench)
    (old,) = whole(bench)
    bench.storage.fails["make_node"] = ToolFailed("no port is free")
    up(bench, "two")
    assert said(bench, "Starting without the checkpoint: no port is free")
    assert starts(bench) == 2
    assert bench.stage.done == COLD
    (new,) = whole(bench)
    assert {node.place for node in new.nodes}.isdisjoint(node.place for node in old.nodes)
    assert kept(bench.engine, bench.storage).parts == {}
    assert [node.name for node in bench.engine.rows if node.running] == [
        "labctl-serve-control-plane",
        "labctl-two-control-plane",
    ]


def test_one_that_leads_to_no_ready_cluster_is_told_and_discarded(bench: Bench) -> None:
    up(bench)
    (old,) = whole(bench)
    bench.others["two"] = FakeObjects()

    def kubeadm() -> None:
        bench.others["two"] = ready("two")
        assert whole(bench) == ()
        assert "labctl/cluster:two.control-plane" not in bench.engine.stored

    bench.kind.fail = kubeadm
    before = bench.ports.clock.now()
    up(bench, "two")
    assert bench.ports.clock.now() - before < 100
    assert said(bench, "Starting without the checkpoint: Waited 60 s for the cluster to be ready")
    assert starts(bench) == 2
    assert whole(bench)
    assert whole(bench) != (old,)


@dataclass
class FailsOnce(FakeStage):
    """The first `load_images` fails."""

    def load_images(self, cluster: Cluster) -> None:
        first = "load" not in self.done
        super().load_images(cluster)
        if first:
            raise ToolFailed("the node's store is broken")


def test_a_node_that_takes_no_image_is_made_anew(bench: Bench) -> None:
    up(bench)
    bench.up(checkpoints=bench.auto, name="two", stage=FailsOnce())
    assert said(bench, "Starting without the checkpoint: the node's store is broken")
    assert starts(bench) == 2


def test_keeping_that_fails_is_told_and_up_goes_on(bench: Bench) -> None:
    bench.storage.answers["du -s"] = ToolFailed("the copy failed")
    cluster = up(bench)
    assert said(bench, "The next start has no checkpoint: the copy failed")
    assert bench.stage.done == COLD
    assert all(node.running for node in cluster.nodes)
    assert (bench.storage.made, whole(bench)) == ({}, ())


@pytest.mark.parametrize(("free", "kept_one"), [((4 << 30) - 1, 0), (4 << 30, 1), (None, 1)])
def test_none_is_kept_on_a_disk_that_is_nearly_full(
    bench: Bench, free: int | None, kept_one: int
) -> None:
    tight = replace(bench.keeping, free_space=lambda: free)
    bench.up(checkpoints=AutoCheckpoints(bench.ports, tight, lambda _: bench.objects))
    assert len(whole(bench)) == kept_one
    assert said(bench, "the engine's disk is nearly full") is not bool(kept_one)


def test_half_a_checkpoint_is_told_and_made_whole(bench: Bench) -> None:
    up(bench)
    (one,) = whole(bench)
    bench.engine.untag(one.nodes[0].place)
    up(bench, "two")
    assert said(bench, f"Of checkpoint '{one.name}' only a part is left; starting without it.")
    assert starts(bench) == 2
    assert [made.name for made in whole(bench)] == [one.name]
    assert kept(bench.engine, bench.storage).parts == {}


def test_without_any_nothing_is_told_of_a_part(bench: Bench) -> None:
    bench.storage.made["labctl-checkpoint-mine.x.0"] = labels("mine")
    up(bench)
    assert not said(bench, "only a part is left")


def test_what_no_up_can_use_any_more_goes_when_one_is_kept(bench: Bench) -> None:
    up(bench)
    (old,) = whole(bench)
    tag = image_tag("1.36.3", Runtime.CONTAINERD)
    bench.engine.stored[tag] = replace(node_image(tag), image_id="sha256:anew")
    up(bench, "two")
    assert starts(bench) == 2
    (new,) = whole(bench)
    assert new.name != old.name
    assert old.nodes[0].place not in bench.engine.stored


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ToolFailed("x")])
@pytest.mark.parametrize("at", ["load base", "load", "scene"])
def test_a_first_start_that_fails_leaves_at_most_a_whole_checkpoint(
    bench: Bench, at: str, error: BaseException
) -> None:
    bench.stage.fail_at, bench.stage.error = at, error
    with pytest.raises(type(error)):
        up(bench)
    made = whole(bench)
    assert len(made) == (at != "load base")
    own = {PREFIX + one.name for one in made} | {one.nodes[0].place for one in made}
    assert set(bench.leftovers()) == own


def test_ctrl_c_while_it_is_kept_leaves_nothing(bench: Bench) -> None:
    bench.storage.answers["du -s"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        up(bench)
    assert bench.leftovers() == []


def test_ctrl_c_while_it_is_used_leaves_only_the_checkpoint(bench: Bench) -> None:
    up(bench)
    bench.down()
    before = bench.leftovers()
    bench.storage.fails["make_node"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        up(bench)
    assert bench.leftovers() == before
    assert len(whole(bench)) == 1


@dataclass
class Published(FakeStage):
    """Node images from elsewhere."""

    def node_images(
        self, kubernetes: str | None, runtimes: Sequence[Runtime], oci_runtime: OciRuntime
    ) -> Mapping[Runtime, NodeImage]:
        own = super().node_images(kubernetes, runtimes, oci_runtime)
        return {runtime: replace(image, own=False) for runtime, image in own.items()}


def test_clusters_of_other_images_and_the_historic_one_go_without(bench: Bench) -> None:
    for release, runtime in (("1.36.3", HISTORY[0]), ("1.36.3", HISTORY[1])):
        tag = image_tag(release, runtime)
        bench.engine.stored.setdefault(tag, node_image(tag))
    for stage, name, runtimes in ((Published(), "serve", None), (FakeStage(), "two", HISTORY)):
        bench.up(checkpoints=bench.auto, name=name, stage=stage, runtimes=runtimes)
    assert starts(bench) == 2
    assert (bench.storage.made, bench.storage.ran) == ({}, [])
    assert not said(bench, "heckpoint")
    assert set(NODE_IMAGES) <= bench.engine.stored.keys()
