"""Checkpoints from the command line: `up`, `checkpoint` and `down --all`."""

from pathlib import Path

import pytest

from labctl.errors import ExitCode, ToolFailed
from labctl.ops.checkpoints import labels
from tests.cli.machine import NODES, Machine

KEEP = "Keep a checkpoint"
FROM = "from a checkpoint"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    return Machine(tmp_path)


def listed(machine: Machine) -> list[str]:
    return [one["name"] for one in machine.json("checkpoint", "list")["checkpoints"]]


def test_the_first_up_keeps_one_and_the_next_starts_from_it(machine: Machine) -> None:
    machine.labctl("up")
    assert KEEP in machine.said
    assert FROM not in machine.said
    machine.labctl("up", "--name", "two", "--work", "two")
    assert FROM in machine.said
    assert KEEP not in machine.said
    assert [node.name for node in machine.engine.rows] == [NODES[0], "labctl-two-control-plane"]
    assert all(node.running for node in machine.engine.rows)
    assert "Lab 'two' is ready: Kubernetes 1.36.3 on containerd, 1 node." in machine.said


def test_up_without_checkpoints_keeps_none_and_uses_none(machine: Machine) -> None:
    machine.labctl("up", "--no-checkpoint")
    assert listed(machine) == []
    machine.labctl("down", "--name", "tiny")
    machine.labctl("up")
    machine.labctl("up", "--recreate", "--no-checkpoint")
    assert FROM not in machine.said
    assert KEEP not in machine.said


def test_up_that_can_not_use_one_says_why_and_ends_well(machine: Machine) -> None:
    machine.labctl("up")
    machine.storage.fails["make_node"] = ToolFailed("no port is free")
    machine.labctl("up", "--recreate")
    assert "Starting without the checkpoint: no port is free" in machine.said
    assert len(listed(machine)) == 1


def test_the_list_has_whole_ones_and_names_parts(machine: Machine) -> None:
    machine.labctl("checkpoint", "list")
    assert "There is no checkpoint yet." in machine.said
    machine.labctl("up", "--nodes", "2")
    machine.labctl("checkpoint", "save", "mine")
    machine.storage.made["labctl-checkpoint-half.x.0"] = labels("half")
    head, *rows = machine.labctl("checkpoint", "list").splitlines()
    assert head.split() == ["NAME", "LAB", "KUBERNETES", "RUNTIME", "NODES", "SIZE", "AGE"]
    assert {tuple(row.split()[1:7]) for row in rows} == {
        (lab, "1.36.3", "containerd", "2", "2.05", "kB") for lab in ("any", "tiny")
    }
    assert "1 checkpoint of which only a part is left: half." in machine.said


def test_the_list_as_json(machine: Machine) -> None:
    machine.labctl("up")
    machine.labctl("checkpoint", "save", "mine")
    machine.storage.made["labctl-checkpoint-half.x.0"] = labels("half")
    document = machine.json("checkpoint", "list")
    assert (document["format"], document["parts"]) == ("labctl/checkpoints/v1", ["half"])
    ready, mine = sorted(document["checkpoints"], key=lambda one: str(one["kind"]))
    assert mine == {
        "name": "mine",
        "kind": "saved",
        "cluster": "tiny",
        "lab": "tiny",
        "kubernetes": "1.36.3",
        "runtimes": ["containerd"],
        "nodes": 1,
        "size": 1024,
        "created": "2026-01-01T00:00:00+00:00",
    }
    assert (ready["kind"], ready["cluster"], ready["lab"]) == ("ready", None, None)
    assert ready["name"].startswith("ready-")


def test_a_lab_is_saved_and_brought_back(machine: Machine) -> None:
    machine.labctl("up")
    work = machine.json("up")["work"]
    assert machine.labctl("checkpoint", "save", "mine") == ""
    assert "Lab 'tiny' is saved as 'mine', 1.02 kB." in machine.said
    assert "labctl checkpoint restore mine" in machine.said
    machine.labctl("down", "--name", "tiny")
    machine.labctl("checkpoint", "restore", "mine")
    assert "Lab 'tiny' is as it was saved. Next: labctl check --name tiny" in machine.said
    (row,) = machine.json("status")["labs"]
    assert (row["name"], row["state"]) == ("tiny", "ready")
    assert machine.json("up")["work"] == work


def test_names_that_are_not_there_or_not_to_be_had_are_exit_2(machine: Machine) -> None:
    machine.labctl("up")
    (ready,) = listed(machine)
    for verb, name, said in (
        ("save", "Not A Name", "can't be a checkpoint's name"),
        ("save", "ready-mine", "which are labctl's own"),
        ("restore", "other", "There is no checkpoint 'other'."),
        ("restore", ready, "'labctl up' uses it by itself"),
        ("delete", "other", "There is no checkpoint 'other'."),
    ):
        machine.labctl("checkpoint", verb, name, code=ExitCode.USAGE)
        assert said in machine.said
    machine.labctl("checkpoint", "save", "mine")
    machine.labctl("checkpoint", "save", "mine", code=ExitCode.USAGE)
    assert "'mine' is there already" in machine.said


def test_without_a_lab_there_is_nothing_to_save(machine: Machine) -> None:
    machine.labctl("checkpoint", "save", "mine", code=ExitCode.PREREQUISITE)


def test_labs_go_on_when_their_checkpoint_is_deleted(machine: Machine) -> None:
    machine.labctl("up")
    (ready,) = listed(machine)
    machine.labctl("checkpoint", "delete", ready)
    assert f"Removed checkpoint '{ready}'." in machine.said
    assert listed(machine) == []
    assert machine.json("up")["state"] == "running"


def test_pruning_says_what_went(machine: Machine) -> None:
    machine.labctl("up")
    machine.labctl("checkpoint", "save", "mine")
    machine.labctl("checkpoint", "prune")
    assert "Nothing to remove." in machine.said
    (ready,) = set(listed(machine)) - {"mine"}
    machine.labctl("checkpoint", "prune", "--all")
    assert machine.said == f"Removed checkpoint '{ready}'.\n"
    assert listed(machine) == ["mine"]


def test_down_all_takes_its_own_and_names_what_was_saved(machine: Machine) -> None:
    machine.labctl("up")
    machine.labctl("checkpoint", "save", "mine")
    machine.labctl("down", "--all")
    assert "Kept: checkpoint 'mine', 1.02 kB." in machine.said
    assert "labctl checkpoint delete mine" in machine.said
    assert listed(machine) == ["mine"]
    machine.labctl("checkpoint", "restore", "mine")
    assert [node.name for node in machine.engine.rows] == [NODES[0]]


def test_without_an_engine_each_verb_is_exit_4(machine: Machine) -> None:
    machine.engine.alive = False
    for verb in (["list"], ["save", "x"], ["restore", "x"], ["delete", "x"], ["prune"]):
        machine.labctl("checkpoint", *verb, code=ExitCode.PREREQUISITE)
        assert "The Docker Engine does not answer." in machine.said
