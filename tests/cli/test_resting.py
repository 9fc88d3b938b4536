"""`pause`, `resume`, and `up` after a restart of the machine."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ToolFailed
from labctl.ops import spare
from labctl.ops.clusters import spares
from tests.cli.machine import NODES, Machine
from tests.fakes import FakeEngine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    return Machine(tmp_path)


def test_a_lab_rests_and_goes_on(machine: Machine) -> None:
    machine.labctl("up", "--nodes", "2")
    machine.engine.asked.clear()
    machine.labctl("pause")
    assert machine.engine.asked == [f"pause {name}" for name in NODES[:2]]
    assert "Go on with: labctl resume --name tiny" in machine.said
    assert machine.json("status")["labs"][0]["state"] == "paused"
    machine.labctl("pause", "--name", "tiny")
    assert "rested already" in machine.said
    machine.engine.asked.clear()
    machine.labctl("resume", "--all")
    assert machine.engine.asked == [f"start {NODES[1]}", f"start {NODES[0]}"]
    assert "Lab 'tiny' is ready again." in machine.said
    assert machine.json("status")["labs"][0]["state"] == "ready"


def test_resume_of_what_runs_says_so_and_of_nothing_too(machine: Machine) -> None:
    machine.labctl("resume", "--all")
    assert "No lab is there." in machine.said
    machine.labctl("resume", code=4)
    machine.labctl("up")
    machine.labctl("resume")
    assert "was running, and is ready" in machine.said
    machine.labctl("pause", "--all", "--name", "tiny", code=2)


def test_up_after_a_restart_of_the_machine_brings_all_labs_back(machine: Machine) -> None:
    for name in ("tiny", "other", "resting"):
        machine.labctl("up", "--name", name)
    _stopped(machine, {"tiny", "other"})
    machine.labctl("pause", "--name", "resting")
    machine.labctl("up", "--name", "tiny")
    assert "Lab 'other' had stopped too, and is ready again." in machine.said
    states = {row["name"]: row["state"] for row in machine.json("status")["labs"]}
    assert states == {"tiny": "ready", "other": "ready", "resting": "paused"}


class Stuck(FakeEngine):
    """A node of it does not start again."""

    def start(self, container: str) -> None:
        if container == "labctl-other-control-plane" and self.rows[-1].state == "exited":
            raise ToolFailed("It is stuck.")
        super().start(container)


def test_a_lab_that_does_not_come_back_is_told_and_the_asked_one_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    machine = Machine(tmp_path, Stuck())
    machine.labctl("up", "--name", "tiny")
    machine.labctl("up", "--name", "other")
    _stopped(machine, {"tiny", "other"})
    machine.labctl("up", "--name", "tiny")
    assert "Lab 'other' did not come back: It is stuck." in machine.said
    assert "labctl resume --name other" in machine.said


def test_a_lab_with_a_node_that_was_switched_off_for_an_exercise_stays_as_it_is(
    machine: Machine,
) -> None:
    machine.labctl("up", "--name", "tiny")
    machine.labctl("up", "--name", "other", "--nodes", "2")
    _stopped(machine, {"tiny"})
    worker = "labctl-other-worker"
    machine.engine.rows = [
        replace(row, running=False, state="exited") if row.name == worker else row
        for row in machine.engine.rows
    ]
    machine.labctl("up", "--name", "tiny")
    assert "other" not in machine.said


def test_a_spare_that_stopped_with_the_machine_is_none(machine: Machine) -> None:
    machine.labctl("warm")
    assert spare.there(machine.engine)
    (cluster,) = spares(machine.engine)
    _stopped(machine, {cluster.name})
    assert not spare.there(machine.engine)


def _stopped(machine: Machine, labs: Collection[str]) -> None:
    kind_names = {f"labctl-{name}" for name in labs}
    machine.engine.rows = [
        replace(row, running=False, state="exited") if row.kind_cluster in kind_names else row
        for row in machine.engine.rows
    ]
