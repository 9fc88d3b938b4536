import json
from collections.abc import Callable
from dataclasses import replace
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
from labctl.model import KIND_CLUSTER, Node
from labctl.ops.pause import pause
from labctl.ops.status import status
from tests.up_bench import Bench


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
    assert bench.stage.done == ["node images", "build", "load", "scene"]
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


def test_a_node_that_does_not_rest_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.up()
    monkeypatch.setattr(bench.engine, "pause", lambda _: None)
    with pytest.raises(ToolFailed, match="'labctl-serve-control-plane' of lab 'serve' goes on"):
        pause("serve", bench.ports)


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


def test_a_node_that_was_removed_is_noticed_and_nothing_is_changed(bench: Bench) -> None:
    bench.up()
    [(place, mark)] = bench.engine.files.items()
    made = json.loads(mark)
    bench.engine.files[place] = json.dumps({**made, "nodes": made["nodes"] * 3}).encode()
    with pytest.raises(PrerequisiteMissing, match="made with 3 nodes, and has 1"):
        bench.up()
    [row] = status(bench.engine, lambda _name: bench.objects, lambda _node: 3)
    assert row.state == "incomplete"
    assert "2 of 3 nodes removed" in row.reason
    assert len(bench.engine.rows) == 1


@pytest.mark.parametrize("cut", [b"", b'{"format": "labctl/clus', b"{}"])
def test_a_mark_that_was_cut_off_is_none(bench: Bench, cut: bytes) -> None:
    bench.up()
    [place] = bench.engine.files
    bench.engine.files[place] = cut
    assert bench.up().state == "created"


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
