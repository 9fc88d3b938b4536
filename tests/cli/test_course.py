"""`labctl course`, `next` and what `down --all` does to progress, as a person runs them."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from labctl.cli import run
from labctl.cli.app import App
from labctl.errors import ExitCode
from labctl.learner import Learner
from labctl.model import LABEL_KIND, ImageInfo
from labctl.results import CheckResult, Outcome, Report, StepResult
from labctl.ui.console import Console
from tests.cli.test_lab_commands import Machine, Said
from tests.course_factory import course


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    course(tmp_path / "labs")
    return made


@pytest.fixture
def progress(tmp_path: Path) -> Path:
    return tmp_path / "home/progress.json"


def passed(path: Path, *steps: str) -> None:
    found = tuple(StepResult(one, (CheckResult(one, one, Outcome.PASS),)) for one in steps)
    Learner(path).saw(Report("tiny", "tiny", found, 0.1, whole=len(steps) > 1))


class Terminal(io.StringIO):
    """Someone who types."""

    def isatty(self) -> bool:
        return True


def answered(machine: Machine, answer: str, monkeypatch: pytest.MonkeyPatch) -> Said:
    """`labctl course --forget` at a terminal where someone types an answer."""
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    out, err = io.StringIO(), Terminal()
    code = run(
        ["course", "--forget"], App(machine.settings, Console(no_color=True, out=out, err=err))
    )
    return Said(code, out.getvalue(), err.getvalue())


def test_course_shows_the_labs_and_what_comes_next(machine: Machine, progress: Path) -> None:
    machine.engine.rows = []
    passed(progress, "first")
    said = machine.labctl("course")
    assert said.code == 0
    assert said.out.splitlines() == [
        "#   LAB     TITLE          PROGRESS",
        "1   tiny    A tiny lab     1 of 2 steps",
        "2   other   Another lab    open",
        "3   last    The last lab   after 1, 2",
        "",
        "0 of 3 labs done.",
        "",
        "Lab 'tiny': A tiny lab.",
        "You began it: 1 of its 2 steps passed.",
        "Next: labctl up tiny",
    ]


def test_columns_stand_below_each_other_in_korean_too(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "labs/010-tiny/lab.yaml"
    file.write_text(file.read_text().replace("{en: A tiny lab}", "{en: A tiny lab, ko: 작은 실습}"))
    machine.settings = replace(machine.settings, language="ko")
    lines = machine.labctl("course").out.splitlines()
    starts = [cell_len(line[: line.index("시작 전")]) for line in lines if "시작 전" in line]
    assert len(starts) == 2
    assert len(set(starts)) == 1


def test_next_names_the_step_of_the_running_lab(machine: Machine) -> None:
    said = machine.labctl("next")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == "Next: labctl show tiny --step first"
    document = json.loads(machine.labctl("next", "--output", "json").out)
    assert (document["format"], document["next"]["step"]) == ("labctl/course-progress/v1", "first")


def test_without_an_engine_progress_is_still_shown(machine: Machine) -> None:
    machine.engine.alive = False
    assert "Next: labctl up tiny" in machine.labctl("course").out
    assert machine.labctl("next").code == 0


def test_check_records_what_passed(machine: Machine, progress: Path) -> None:
    machine.passes = lambda: True
    assert machine.labctl("check", "--step", "first").code == 0
    assert set(Learner(progress).first_passed("tiny")) == {"first"}
    assert Learner(progress).done("tiny") is None
    assert machine.labctl("check").code == 0
    assert Learner(progress).done("tiny")
    assert Learner(progress).digest("tiny").startswith("sha256:")


def test_a_damaged_file_is_said_and_the_answer_comes(machine: Machine, progress: Path) -> None:
    progress.parent.mkdir(exist_ok=True)
    progress.write_text("{")
    said = machine.labctl("next")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Next: labctl show tiny --step first")
    assert "progress.json.damaged-1" in said.err
    assert machine.labctl("next").err == ""


def test_down_all_keeps_progress_and_says_where(machine: Machine, progress: Path) -> None:
    machine.engine.rows = []
    passed(progress, "first")
    said = machine.labctl("down", "--all")
    assert said.code == 0
    assert f"Your progress is kept in {progress}\n" in said.err
    assert "labctl course --forget" in said.err
    assert Learner(progress).labs() == ("tiny",)


def test_down_all_removes_a_file_in_which_nothing_passed(machine: Machine, progress: Path) -> None:
    machine.engine.rows = []
    Learner(progress).seed()
    assert "kept" not in machine.labctl("down", "--all").err
    assert not progress.parent.exists()


def test_down_all_removes_the_image_of_an_up_that_got_no_cluster(machine: Machine) -> None:
    machine.engine.rows = []
    for name, kind in (("app:v1", "lab-image"), ("labctl/node:v1", "node-image")):
        machine.engine.stored[name] = ImageInfo(
            name, (name,), (), "linux", "amd64", 1, None, {LABEL_KIND: kind}
        )
    assert machine.labctl("down", "--all").code == 0
    assert list(machine.engine.stored) == ["labctl/node:v1"]


def test_down_of_one_lab_leaves_progress_alone(machine: Machine, progress: Path) -> None:
    Learner(progress).seed()
    assert machine.labctl("down", "--name", "tiny").code == 0
    assert progress.exists()


def test_forget_asks_and_an_empty_answer_keeps(
    machine: Machine, progress: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed(progress, "first")
    said = answered(machine, "\n", monkeypatch)
    assert (said.code, said.out, said.err) == (0, "", "Nothing was changed.\n")
    assert progress.exists()
    said = answered(machine, "y\n", monkeypatch)
    assert (said.code, said.err.split()[0]) == (0, "Removed")
    assert not progress.exists()


def test_forget_is_never_guessed_where_nobody_can_be_asked(
    machine: Machine, progress: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed(progress, "first")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    said = machine.labctl("course", "--forget")
    assert said.code == ExitCode.USAGE
    assert "--yes" in said.err
    assert progress.exists()
    assert machine.labctl("course", "--forget", "--yes").code == 0
    assert not progress.exists()
    assert machine.labctl("course", "--forget").err == "There is no progress to forget.\n"


def test_yes_alone_is_no_question(machine: Machine) -> None:
    assert machine.labctl("course", "--yes").code == ExitCode.USAGE
