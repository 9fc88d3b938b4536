from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import (
    Interrupted,
    LabctlError,
    PrerequisiteMissing,
    ToolFailed,
    ToolTimeout,
    UsageError,
)
from labctl.model import KIND_CLUSTER, Cluster, Node, NodeImage, Runtime
from labctl.ops.create import Ports
from labctl.ops.up import Up, up
from labctl.ops.wish import Wish
from labctl.store import Store
from tests.fakes import FakeEngine, FakeKind, FakeObjects, FakeProgress, FakeTime, node_image

TAG = "labctl/node:v1.36.3-containerd"


@dataclass
class FakeStage:
    done: list[str] = field(default_factory=list)
    fail_at: str = ""
    error: BaseException = field(default_factory=lambda: ToolFailed("did not work"))

    def node_image(self, kubernetes: str | None, runtime: Runtime) -> NodeImage:
        self._do("node image")
        return NodeImage(TAG, kubernetes or "1.36.3", runtime, own=True)

    def build_images(self) -> None:
        self._do("build")

    def load_images(self, cluster: Cluster) -> None:
        self._do("load")

    def set_scene(self, cluster: Cluster) -> None:
        self._do("scene")

    def _do(self, name: str) -> None:
        self.done.append(name)
        if name == self.fail_at:
            raise self.error


@dataclass
class Bench:
    """One machine: engine, kind, API server and state folder."""

    home: Path
    engine: FakeEngine = field(default_factory=FakeEngine)
    stage: FakeStage = field(default_factory=FakeStage)
    objects: FakeObjects = field(
        default_factory=lambda: FakeObjects.ready("labctl-serve-control-plane")
    )
    progress: FakeProgress = field(default_factory=FakeProgress)
    free: int | None = 50 << 30

    def __post_init__(self) -> None:
        self.kind = FakeKind(self.engine)
        self.engine.stored[TAG] = node_image()
        self.store = Store(self.home)
        clock = FakeTime().clock()
        self.ports = Ports(
            self.engine, self.kind, lambda _: self.objects, self.store, self.progress, clock
        )

    def up(self, *, recreate: bool = False, keep: bool = False, **wish: object) -> Up:
        whole = replace(Wish("serve", "serve"), **wish)  # type: ignore[arg-type]
        return up(
            whole,
            self.stage,
            self.ports,
            free_space=lambda: self.free,
            recreate=recreate,
            keep_on_error=keep,
        )

    def leftovers(self) -> list[str]:
        images = [name for name in self.engine.stored if name != TAG]
        files = [path.name for path in self.home.rglob("*") if path.is_file()]
        left = [*images, *self.engine.networks, *(node.name for node in self.engine.rows), *files]
        return [name for name in left if name not in ("README", "serve.lock")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def test_makes_a_cluster_and_sets_the_scene(bench: Bench) -> None:
    done = bench.up()
    assert done.state == "created"
    assert (done.cluster.name, done.cluster.lab, done.cluster.kubernetes) == (
        "serve",
        "serve",
        "1.36.3",
    )
    assert bench.stage.done == ["node image", "build", "load", "scene"]
    assert bench.store.kubeconfig("serve").read_text() == "kind: Config\n"


def test_the_second_up_keeps_the_cluster_and_sees_to_what_is_missing(bench: Bench) -> None:
    first = bench.up()
    second = bench.up()
    assert second.state == "running"
    assert second.cluster == first.cluster
    assert len(bench.kind.configs) == 1
    assert bench.stage.done[-3:] == ["build", "load", "scene"]


def test_stopped_nodes_are_started_and_a_lost_kubeconfig_is_written_again(bench: Bench) -> None:
    bench.up()
    bench.engine.rows = [replace(node, running=False) for node in bench.engine.rows]
    bench.store.kubeconfig("serve").unlink()
    assert bench.up().state == "repaired"
    assert all(node.running for node in bench.engine.rows)
    assert bench.store.kubeconfig("serve").is_file()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"kubernetes": "1.34.4"}, "Kubernetes 1.36.3, not 1.34.4"),
        ({"nodes": 3}, "1 node, not 3"),
        ({"lab": "other"}, "lab 'serve', not 'other'"),
    ],
)
def test_another_wish_changes_nothing(bench: Bench, wish: dict[str, Any], said: str) -> None:
    bench.up()
    before = list(bench.engine.rows)
    with pytest.raises(UsageError, match=said):
        bench.up(**wish)
    assert bench.engine.rows == before


def test_recreate_replaces_the_cluster(bench: Bench) -> None:
    bench.up()
    assert bench.up(kubernetes="1.34.4", recreate=True).cluster.kubernetes == "1.34.4"
    assert len(bench.engine.rows) == 1


def test_a_half_made_cluster_is_started_over(bench: Bench) -> None:
    bench.up()
    bench.engine.files.clear()
    assert bench.up().state == "created"
    assert len(bench.engine.rows) == 1


def test_a_foreign_cluster_of_that_name_is_left_alone(bench: Bench) -> None:
    foreign = Node("labctl-serve-control-plane", "control-plane", True, "running", "kindest/node")
    bench.engine.rows.append(replace(foreign, labels={KIND_CLUSTER: "labctl-serve"}))
    with pytest.raises(UsageError, match="did not make"):
        bench.up()
    assert len(bench.engine.rows) == 1


@pytest.mark.parametrize("name", ["", "Big", "a_b", "-a", "a" * 41])
def test_a_bad_name_is_refused_before_anything_is_asked(bench: Bench, name: str) -> None:
    bench.engine.alive = False
    with pytest.raises(UsageError):
        bench.up(name=name)


def test_no_engine_is_a_missing_prerequisite(bench: Bench) -> None:
    bench.engine.alive = False
    with pytest.raises(PrerequisiteMissing):
        bench.up()


def test_too_little_disk_makes_nothing(bench: Bench) -> None:
    bench.free = 1 << 30
    with pytest.raises(PrerequisiteMissing, match=r"1\.0 GiB free"):
        bench.up()
    assert bench.leftovers() == []


def _raise(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [ToolFailed("exit 1"), Interrupted("x"), KeyboardInterrupt()])
@pytest.mark.parametrize("phase", ["kind", "load", "scene"])
def test_whatever_fails_nothing_is_left(bench: Bench, phase: str, error: BaseException) -> None:
    if phase == "kind":
        bench.kind.fail = _raise(error)
    else:
        bench.stage.fail_at, bench.stage.error = phase, error
    with pytest.raises((LabctlError, KeyboardInterrupt)):
        bench.up()
    assert [name for name in bench.leftovers() if name != "labctl-serve"] == []


def test_keep_on_error_keeps_the_nodes(bench: Bench) -> None:
    bench.stage.fail_at = "scene"
    with pytest.raises(ToolFailed):
        bench.up(keep=True)
    assert len(bench.engine.rows) == 1
    assert any("labctl down --name serve" in line for line in bench.progress.said)


def test_not_ready_in_time_says_what_was_last_seen_and_collects_logs(bench: Bench) -> None:
    bench.objects.kinds["Node"][0]["status"] = {
        "conditions": [{"type": "Ready", "status": "False", "message": "CNI is not initialized"}]
    }
    with pytest.raises(ToolTimeout, match="CNI is not initialized") as caught:
        bench.up()
    assert str(bench.store.logs) in caught.value.hint
    assert bench.engine.rows == []


def test_a_full_disk_is_named(bench: Bench) -> None:
    details = ("write /x: no space left on device",)
    bench.kind.fail = _raise(ToolFailed("'kind' exited with 1.", details=details))
    with pytest.raises(ToolFailed, match="disk is full"):
        bench.up()
