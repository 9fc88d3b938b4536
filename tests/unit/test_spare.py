"""A spare cluster: made, resting, taken, refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.claim import CLAIM, SPARE, claim, claimed
from labctl.errors import ToolFailed
from labctl.model import LABEL_CLUSTER, LABEL_LAB, Cluster, ClusterSpec, OciRuntime
from labctl.ops import clusters, spare
from labctl.ops.checkpoint_saved import bring_back, made_from, save
from labctl.ops.create import remove
from labctl.ops.status import status
from labctl.ops.up import plan, start
from labctl.ops.wish import Wish
from tests.checkpoint_fakes import BOOT
from tests.object_fakes import FakeObjects
from tests.up_bench import Bench

NODE = "labctl-spare-1-control-plane"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home", objects=FakeObjects.ready(NODE))
    bench.objects.kinds["Pod"] = [
        pod for pod in bench.objects.kinds["Pod"] if "controller" not in pod["metadata"]["name"]
    ]
    return bench


def spec(bench: Bench, name: str = "spare-1", lab: str = SPARE) -> ClusterSpec:
    asked = plan(Wish(name, "serve"), bench.stage, bench.free)
    return ClusterSpec(name, lab, asked.nodes, OciRuntime.RUNC)


def warm(bench: Bench, name: str = "spare-1") -> Cluster | None:
    def make(one: ClusterSpec) -> Cluster:
        return start(one, bench.stage, bench.ports, None)

    wanted = spec(bench, name)
    return spare.warm(wanted, make, lambda _: bench.objects, bench.ports, bench.runner)


def test_it_rests_and_is_no_lab(bench: Bench) -> None:
    assert warm(bench)
    (node,) = bench.engine.rows
    assert (node.name, node.state) == (NODE, "paused")
    assert clusters.clusters(bench.engine) == ()
    assert [one.name for one in clusters.spares(bench.engine)] == ["spare-1"]
    assert status(bench.engine, lambda _: bench.objects, lambda _: 1) == ()


def test_its_controller_manager_ends_before_it_rests(bench: Bench) -> None:
    warm(bench)
    scripts = [call[-1] for call in bench.runner.calls if call[:2] == ("docker", "exec")]
    assert [script.split()[0] for script in scripts] == ["mv", "while"]
    assert scripts[0].endswith("/kind/labctl/kube-controller-manager.yaml")


def test_a_second_one_is_not_made(bench: Bench) -> None:
    warm(bench)
    assert warm(bench, "spare-2") is None
    assert len(bench.engine.rows) == 1


def test_one_of_another_shape_goes(bench: Bench) -> None:
    warm(bench)
    tag = bench.engine.rows[0].image
    bench.engine.stored = {
        name: replace(image, image_id="sha256:anew") if "node:" in name else image
        for name, image in bench.engine.stored.items()
    }
    assert tag
    bench.objects.kinds = FakeObjects.ready("labctl-spare-2-control-plane").kinds
    assert warm(bench, "spare-2")
    assert [one.name for one in clusters.spares(bench.engine)] == ["spare-2"]


def test_one_that_does_not_get_to_rest_leaves_nothing(bench: Bench) -> None:
    bench.runner.answers.append((("docker", "exec"), ToolFailed("it went away")))
    with pytest.raises(ToolFailed, match="it went away"):
        warm(bench)
    assert bench.leftovers() == []


def test_up_takes_it_and_it_has_the_labs_name_from_then_on(bench: Bench) -> None:
    warm(bench)
    done = bench.up(checkpoints=bench.auto)
    assert done.state == "created"
    (node,) = bench.engine.rows
    assert (node.name, node.running) == (NODE, True)
    found = clusters.find(bench.engine, "serve")
    assert found
    assert (found.name, found.lab, found.kind_name) == ("serve", "serve", "labctl-spare-1")
    assert clusters.spares(bench.engine) == ()
    assert bench.store.kubeconfig("serve").is_file()
    assert not bench.store.kubeconfig("spare-1").exists()
    assert bench.stage.done[-2:] == ["load", "scene"]
    assert bench.up().state == "running"


def test_one_that_was_made_with_another_state_folder_is_taken_too(bench: Bench) -> None:
    warm(bench)
    bench.store.forget("spare-1")
    assert bench.auto.take_spare(spec(bench, "serve", "serve"))
    assert bench.store.kubeconfig("serve").is_file()


def test_one_that_was_taken_goes_with_its_lab(bench: Bench) -> None:
    warm(bench)
    bench.up(checkpoints=bench.auto)
    remove("serve", bench.ports)
    assert bench.engine.rows == []
    assert [name for name in bench.engine.stored if "cluster:" in name] == []


def test_one_that_was_taken_can_be_saved_as_what_it_was_made_as(bench: Bench) -> None:
    warm(bench)
    bench.up(checkpoints=bench.auto)
    found = clusters.find(bench.engine, "serve")
    assert found
    made = made_from(found, bench.ports)
    assert made
    assert made.kind_name == found.kind_name


def test_one_that_was_taken_and_saved_comes_back_in_its_own_place(bench: Bench) -> None:
    warm(bench)
    bench.up(checkpoints=bench.auto)
    found = clusters.find(bench.engine, "serve")
    assert found
    save("mine", found, bench.ports, bench.keeping, on_wait=lambda: None)
    bench.storage.boot = {**BOOT, CLAIM: claim("serve", "serve")}
    made = bring_back("mine", bench.ports, bench.keeping, on_wait=lambda: None)
    assert (made.name, made.lab) == ("serve", "serve")
    assert [node.name for node in bench.engine.rows] == [NODE]
    assert bench.store.kubeconfig("serve").is_file()
    assert bench.store.names() == ("serve",)


def test_another_shape_does_not_take_it(bench: Bench) -> None:
    warm(bench)
    wanted = replace(spec(bench, "serve", "serve"), oci_runtime=OciRuntime.CRUN)
    took = spare.take(wanted, lambda _: bench.objects, bench.ports, bench.runner)
    assert not took
    assert [one.name for one in clusters.spares(bench.engine)] == ["spare-1"]


def test_a_cluster_that_is_no_learners_leaves_it_alone(bench: Bench) -> None:
    warm(bench)
    none = replace(bench.auto, spares=False)
    assert not none.take_spare(spec(bench, "serve", "serve"))
    assert bench.auto.take_spare(spec(bench, "serve", "serve"))


def test_one_that_does_not_wake_up_is_told_and_the_lab_starts_otherwise(bench: Bench) -> None:
    warm(bench)
    bench.runner.answers.append((("docker", "exec"), ToolFailed("it sleeps on")))
    bench.objects.kinds = FakeObjects.ready("labctl-serve-control-plane").kinds
    assert bench.up(checkpoints=bench.auto).state == "created"
    assert any("without the spare cluster: it sleeps on" in line for line in bench.progress.said)
    assert [node.name for node in bench.engine.rows] == ["labctl-serve-control-plane"]


def test_the_spare_goes_when_none_is_wanted(bench: Bench) -> None:
    warm(bench)
    assert spare.cool(bench.ports) == 1
    assert spare.cool(bench.ports) == 0
    assert bench.leftovers() == []


@pytest.mark.parametrize("cut", [None, b"", b'{"dev.labctl.clu', b"[]", json.dumps({}).encode()])
def test_a_claim_that_was_cut_off_is_none(cut: bytes | None) -> None:
    labels = {LABEL_CLUSTER: "spare-1", LABEL_LAB: SPARE}
    assert claimed(labels, cut) == labels


def test_a_claim_says_whose_it_is() -> None:
    labels = {LABEL_CLUSTER: "spare-1", LABEL_LAB: SPARE, "other": "stays"}
    mine = {LABEL_CLUSTER: "mine", LABEL_LAB: "serve", "other": "stays"}
    assert claimed(labels, claim("mine", "serve")) == mine
    assert CLAIM.startswith("/kind/")
