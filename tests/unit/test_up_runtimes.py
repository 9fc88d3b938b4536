"""`up` with runtimes other than the default, and with several in one cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import RUNTIMES, NodeImage, OciRuntime, Runtime
from labctl.nodeimage import restore_files
from labctl.nodeimage.recipe import image_tag
from labctl.ops import node_image
from labctl.ops.kind_config import cluster_image
from labctl.ops.wish import HISTORY
from tests import fakes, object_fakes
from tests.up_bench import Bench, FakeStage

CONTAINERD, CRIO, DOCKER = RUNTIMES
NAMES = ("control-plane", "worker", "worker2", "worker3")


@dataclass
class RealImages(FakeStage):
    """Decides on node images as labctl does, with builds that only leave a name."""

    engine: fakes.FakeEngine = field(default_factory=fakes.FakeEngine)
    built: list[tuple[str, Runtime]] = field(default_factory=list)

    def node_images(
        self, kubernetes: str | None, runtimes: Sequence[Runtime], oci_runtime: OciRuntime
    ) -> Mapping[Runtime, NodeImage]:
        return node_image.ensure(
            kubernetes,
            runtimes,
            oci_runtime,
            engine=self.engine,
            runner=fakes.FakeRunner(),
            build=self._build,
            pull=True,
            progress=fakes.FakeProgress(),
        )

    def _build(self, version: str, runtime: Runtime) -> None:
        self.built.append((version, runtime))
        tag = image_tag(version, runtime)
        self.engine.stored[tag] = fakes.node_image(tag)


KEEPS_IMAGES = "/etc/crio/crio.conf.d/30-labctl.conf"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.objects = object_fakes.FakeObjects.ready(*(f"labctl-serve-{name}" for name in NAMES))
    return bench


def label(bench: Bench, runtime: Runtime, key: str) -> str:
    tag = cluster_image("serve", NodeImage("", "1.36.3", runtime, own=True))
    return bench.engine.stored[tag].labels[f"dev.labctl.{key}"]


def test_a_mixed_cluster_has_a_worker_of_each_runtime(bench: Bench) -> None:
    cluster = bench.up(runtimes=RUNTIMES).cluster
    assert bench.stage.asked == RUNTIMES
    assert cluster.runtimes == ("containerd", "cri-o", "docker")
    assert [(node.name, node.labels["dev.labctl.runtime"]) for node in cluster.nodes] == [
        ("labctl-serve-control-plane", "containerd"),
        ("labctl-serve-worker", "containerd"),
        ("labctl-serve-worker2", "cri-o"),
        ("labctl-serve-worker3", "docker"),
    ]
    assert [node["image"] for node in bench.kind.configs[0]["nodes"]] == [
        node.image for node in cluster.nodes
    ]


def test_each_runtime_of_a_mixed_cluster_has_one_image_with_its_own_label(bench: Bench) -> None:
    bench.up(runtimes=RUNTIMES)
    made = [tag for tag in bench.engine.stored if tag.startswith("labctl/cluster:")]
    assert len(made) == 3
    for runtime in RUNTIMES:
        assert label(bench, runtime, "runtime") == runtime
        assert label(bench, runtime, "cluster") == "serve"
        assert label(bench, runtime, "kubernetes") == "1.36.3"
        assert label(bench, runtime, "oci-runtime") == "runc"
        assert label(bench, runtime, "kind") == "cluster-image"


def test_crun_goes_into_the_image_of_each_runtime(bench: Bench) -> None:
    cluster = bench.up(runtimes=(DOCKER, CRIO), oci_runtime=OciRuntime.CRUN).cluster
    assert (cluster.runtime, cluster.oci_runtime) == ("docker,cri-o", "crun")
    added = {
        node.image: bench.engine.added[node.image].keys() - {*restore_files(), KEEPS_IMAGES}
        for node in cluster.nodes
    }
    assert added == {
        "labctl/cluster:serve.docker": {"/etc/default/docker"},
        "labctl/cluster:serve.cri-o": {"/etc/crio/crio.conf.d/20-oci-runtime.conf"},
    }


def test_the_same_wish_again_finds_the_cluster_whatever_it_leaves_open(bench: Bench) -> None:
    bench.up(runtimes=(CONTAINERD, CRIO), oci_runtime=OciRuntime.CRUN)
    for wish in ({}, {"runtimes": (CONTAINERD, CRIO)}, {"oci_runtime": OciRuntime.CRUN}):
        assert bench.up(**wish).state == "running"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"runtimes": (CRIO,)}, "its runtime is containerd, not cri-o"),
        ({"runtimes": (CONTAINERD, CRIO)}, "its runtime is containerd, not containerd,cri-o"),
        ({"oci_runtime": OciRuntime.CRUN}, "its OCI runtime is runc, not crun"),
    ],
)
def test_another_runtime_changes_nothing(bench: Bench, wish: dict[str, Any], said: str) -> None:
    bench.up()
    before = list(bench.engine.rows)
    with pytest.raises(UsageError, match=said):
        bench.up(**wish)
    assert bench.engine.rows == before


def test_too_few_nodes_are_refused_before_anything_is_asked(bench: Bench) -> None:
    bench.engine.alive = False
    with pytest.raises(UsageError, match="--nodes is 2"):
        bench.up(runtimes=(CONTAINERD, DOCKER), nodes=2)


def test_a_pair_that_does_not_exist_makes_and_builds_nothing(bench: Bench) -> None:
    stage = RealImages(engine=bench.engine)
    with pytest.raises(UsageError, match=r"1\.37\.2 does not go with cri-o"):
        bench.up(stage=stage, kubernetes="1.37.2", runtimes=(CONTAINERD, CRIO))
    assert (stage.built, stage.done, bench.leftovers()) == ([], [], [])


def test_an_image_of_another_runtime_makes_and_builds_nothing(bench: Bench) -> None:
    stage = RealImages(engine=bench.engine)
    del bench.engine.stored[image_tag("1.36.3", CONTAINERD)]
    named_wrongly = image_tag("1.36.3", CRIO)
    bench.engine.stored[named_wrongly] = fakes.node_image(image_tag("1.36.3", DOCKER))
    with pytest.raises(PrerequisiteMissing, match="was built for docker, not for cri-o"):
        bench.up(stage=stage, runtimes=(CONTAINERD, CRIO))
    assert (stage.built, stage.done, bench.leftovers()) == ([], [], [])


def test_only_the_images_that_are_missing_are_built(bench: Bench) -> None:
    stage = RealImages(engine=bench.engine)
    del bench.engine.stored[image_tag("1.36.3", DOCKER)]
    bench.up(stage=stage, runtimes=(CONTAINERD, DOCKER))
    assert stage.built == [("1.36.3", DOCKER)]


def test_the_historic_cluster_is_of_its_control_planes_version(bench: Bench) -> None:
    stage = RealImages(engine=bench.engine)
    cluster = bench.up(stage=stage, runtimes=HISTORY).cluster
    assert stage.built == [("1.24.17", CONTAINERD), ("1.23.17", Runtime.DOCKERSHIM)]
    assert (cluster.kubernetes, cluster.runtime) == ("1.24.17", "containerd,dockershim")
    assert [
        (node.name, node.labels["dev.labctl.kubernetes"], node.labels["dev.labctl.runtime"])
        for node in cluster.nodes
    ] == [
        ("labctl-serve-control-plane", "1.24.17", "containerd"),
        ("labctl-serve-worker", "1.23.17", "dockershim"),
    ]
    assert bench.up(stage=stage, runtimes=HISTORY).state == "running"
    assert bench.up(stage=stage).state == "running"


@pytest.mark.parametrize("phase", ["kind", "load"])
def test_a_mixed_cluster_that_fails_leaves_nothing(bench: Bench, phase: str) -> None:
    def fail() -> None:
        raise ToolFailed("exit 1")

    if phase == "kind":
        bench.kind.fail = fail
    else:
        bench.stage.fail_at = phase
    with pytest.raises(ToolFailed):
        bench.up(runtimes=RUNTIMES)
    assert [name for name in bench.leftovers() if name != "labctl-serve"] == []
