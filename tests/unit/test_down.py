from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import PrerequisiteMissing
from labctl.model import (
    KIND_CLUSTER,
    LABEL_CLUSTER,
    LABEL_IMAGE_OF,
    LABEL_KIND,
    LABEL_LAB,
    NETWORK,
    Cluster,
    Node,
)
from labctl.ops.down import Removed, down
from labctl.store import Store
from tests.fakes import FakeEngine, node_image


def _node(name: str, **labels: str) -> Node:
    return Node(name, "", True, "running", "image", labels)


def _cluster(name: str, lab: str = "serve") -> Node:
    labels = {KIND_CLUSTER: f"labctl-{name}", LABEL_CLUSTER: name, LABEL_LAB: lab}
    return _node(f"labctl-{name}-control-plane", **labels)


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine(rows=[_cluster("a")], networks={NETWORK: {LABEL_KIND: "network"}})
    for tag, labels in (
        ("labctl/cluster:a", {LABEL_CLUSTER: "a", LABEL_LAB: "serve"}),
        ("model-server:v1", {LABEL_IMAGE_OF: "serve"}),
        ("labctl/node:v1.36.3-containerd", {LABEL_KIND: "node-image"}),
    ):
        engine.stored[tag] = replace(node_image(tag), labels=labels)
    return engine


def _down(engine: FakeEngine, tmp_path: Path, name: str = "a") -> Removed | None:
    def nothing(_: Cluster) -> tuple[Path, ...]:
        return ()

    return down(name, engine, Store(tmp_path / "home"), remove_starter=nothing)


def test_all_that_was_made_goes_and_node_images_stay(engine: FakeEngine, tmp_path: Path) -> None:
    engine.rows.append(_node("model-server", **{LABEL_LAB: "serve"}))
    removed = _down(engine, tmp_path)
    assert removed
    assert set(removed.containers) == {"labctl-a-control-plane", "model-server"}
    assert list(engine.stored) == ["labctl/node:v1.36.3-containerd"]
    assert engine.networks == {}


def test_what_another_cluster_of_the_lab_needs_stays(engine: FakeEngine, tmp_path: Path) -> None:
    engine.rows += [_cluster("b"), _node("model-server", **{LABEL_LAB: "serve"})]
    removed = _down(engine, tmp_path)
    assert removed
    assert removed.containers == ("labctl-a-control-plane",)
    assert "model-server:v1" in engine.stored
    assert NETWORK in engine.networks


def test_what_has_no_label_of_ours_stays(engine: FakeEngine, tmp_path: Path) -> None:
    engine.rows.append(_node("labctl-a-worker", **{KIND_CLUSTER: "labctl-a"}))
    _down(engine, tmp_path)
    assert [node.name for node in engine.rows] == ["labctl-a-worker"]


def test_an_image_in_use_is_kept_and_said(engine: FakeEngine, tmp_path: Path) -> None:
    engine.in_use.add("model-server:v1")
    removed = _down(engine, tmp_path)
    assert removed
    assert removed.kept_images == ("model-server:v1",)


def test_down_of_nothing_is_nothing(engine: FakeEngine, tmp_path: Path) -> None:
    assert _down(engine, tmp_path, "z") is None
    assert len(engine.rows) == 1


def test_without_an_engine_nothing_is_forgotten(engine: FakeEngine, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    store.write(store.kubeconfig("a"), "x")
    engine.alive = False
    with pytest.raises(PrerequisiteMissing):
        _down(engine, tmp_path)
    assert store.kubeconfig("a").exists()
