"""The verbs to work on a lab, from the command line to exit code, stdout and stderr."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.errors import PrerequisiteMissing
from labctl.model import KIND_CLUSTER, LABEL_CLUSTER, LABEL_LAB, Node
from labctl.settings import Settings
from labctl.tools.process import Process
from labctl.ui.console import Console
from tests.check_fakes import ToldChecks
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import FakeEngine
from tests.kube_fake import FakeKube
from tests.lab_factory import labs

LABELS = {KIND_CLUSTER: "labctl-tiny", LABEL_CLUSTER: "tiny", LABEL_LAB: "tiny"}
NODE = Node("labctl-tiny-control-plane", "control-plane", True, "running", "image", LABELS)


@dataclass
class Said:
    code: int
    out: str
    err: str


class Machine:
    """labctl with a fake engine and API server; checks end as `passes` says, or are real ones."""

    def __init__(self, folder: Path) -> None:
        environ = {"LABCTL_HOME": str(folder / "home"), "LABCTL_LABS": str(labs(folder / "labs"))}
        self.settings = Settings.read({**os.environ, **environ})
        kubeconfig = folder / "home" / "clusters" / "tiny" / "kubeconfig"
        kubeconfig.parent.mkdir(parents=True)
        kubeconfig.write_text("apiVersion: v1\n", encoding="utf-8")
        self.engine = FakeEngine(rows=[NODE])
        self.kube = FakeKube()
        self.real_checks = False
        self.passes: Callable[[], bool] = lambda: False

    def app(self, out: io.StringIO, err: io.StringIO, **fakes: object) -> App:
        """A command's surroundings, with the machine's fakes in them."""
        app = App(self.settings, Console(no_color=True, out=out, err=err), trust=True)
        environ = self.settings.environ
        process = Process(environ) if self.real_checks else ToldChecks(environ, self.passes)
        own = {
            "engine": self.engine,
            "kube": lambda _name: self.kube,
            "process": process,
            "keeping": FakeStorage(self.engine).keeping,
        }
        app.__dict__.update({**own, **fakes})
        return app

    def labctl(self, *argv: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run(list(argv), self.app(out, err))
        return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_list_shows_the_course(machine: Machine) -> None:
    said = machine.labctl("list")
    assert said.out.splitlines() == [
        "LAB    TITLE        MINUTES   NODES   MEMORY",
        "tiny   A tiny lab   5         1       -",
    ]
    document = json.loads(machine.labctl("list", "--output", "json").out)
    assert document["format"] == "labctl/labs/v1"
    assert document["labs"][0]["steps"] == ["first", "second"]


def test_show_prints_the_guide_or_one_step(machine: Machine) -> None:
    assert machine.labctl("show").out.startswith("# A tiny lab\n")
    assert (
        machine.labctl("show", "tiny", "--step", "second").out
        == "## The second step\n\nDo two.\n\n"
    )
    said = machine.labctl("show", "--step", "secnd")
    assert said.code == 2
    assert "did you mean 'second'?" in said.err


def test_check_of_an_untouched_lab_fails_with_the_reason_and_what_to_do(machine: Machine) -> None:
    machine.real_checks = True
    said = machine.labctl("check")
    assert said.code == 1
    assert "  FAIL  One is there\n        It is absent.\n" in said.out
    assert said.out.endswith("0 of 2 checks pass.\nNext: labctl hint first\n")


def test_check_prints_one_document_and_nothing_else(machine: Machine) -> None:
    said = machine.labctl("check", "--output", "json", "--step", "first")
    assert said.code == 1
    document = json.loads(said.out)
    assert (document["format"], document["exit_code"]) == ("labctl/result/v1", 1)
    assert [step["id"] for step in document["steps"]] == ["first"]


def test_check_without_an_engine_or_api_server_is_never_a_failed_check(machine: Machine) -> None:
    machine.kube.alive = False
    said = machine.labctl("check")
    assert said.code == 5
    assert "ERROR One is there" in said.out
    machine.engine.alive = False
    assert machine.labctl("check").code == PrerequisiteMissing.exit_code


def test_a_lab_that_is_not_running_and_one_that_does_not_exist_differ(machine: Machine) -> None:
    machine.engine.rows = []
    said = machine.labctl("check")
    assert (said.code, said.err) == (4, "Error: No lab is running.\nStart one with: labctl up\n")
    said = machine.labctl("check", "tinny")
    assert said.code == 2
    assert "did you mean 'tiny'?" in said.err


def test_an_invalid_lab_is_told_with_all_its_problems(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "labs/010-tiny/lab.yaml").write_text("format: labctl/lab/v1\nid: tiny\n")
    said = machine.labctl("check")
    assert said.code == 3
    assert "lab.yaml:1: title: is missing" in said.err
    assert "lab.yaml:1: steps: is missing" in said.err


def test_hints_are_the_answer_and_what_comes_next_is_the_talk(machine: Machine) -> None:
    machine.labctl("check")
    said = machine.labctl("hint", "first")
    assert (said.out, said.err) == ("Look for it.\n", "2 more: labctl hint first\n")
    said = machine.labctl("hint", "first", "--all")
    assert said.out.splitlines() == ["Look for it.", "Make it.", "A first step hint."]
    assert "labctl solve first" in said.err


def test_solve_wants_a_step_or_all(machine: Machine) -> None:
    assert machine.labctl("solve").code == 2
    assert machine.labctl("solve", "first", "--all").code == 2
    assert machine.labctl("solve", "--all").code == 0
    assert machine.kube.get("v1", "ConfigMap", "solved", "tiny")


def test_reset_sets_the_scene(machine: Machine) -> None:
    machine.engine.rows = [NODE]
    said = machine.labctl("reset")
    assert said.code == 0, said.err
    assert "back at its start" in said.err
    assert machine.kube.get("v1", "ConfigMap", "start", "tiny")
    assert machine.engine.rows == [NODE]


@pytest.mark.parametrize("verb", ["list", "show", "check", "hint", "solve", "reset"])
def test_every_verb_has_an_example(
    machine: Machine, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.labctl(verb, "--help").code == 0
    assert f"Example: labctl {verb}" in capsys.readouterr().out


def test_a_lab_that_runs_is_not_proved_beside(machine: Machine) -> None:
    said = machine.labctl("lab", "test", "tiny", "--trust")
    assert said.code == 4
    assert "Lab 'tiny' is running here" in said.err
    assert "labctl down --name tiny" in said.err
