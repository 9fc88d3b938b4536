"""What `labctl check` writes into files, as CI and classes use it."""

import json
import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ExitCode
from labctl.learner import Learner
from labctl.receipt import read_receipt
from labctl.results import Outcome
from tests.cli.test_lab_commands import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    labels = {"dev.labctl.kubernetes": "1.36.3", "dev.labctl.runtime": "containerd"}
    made.engine.rows = [
        replace(node, labels={**node.labels, **labels}) for node in made.engine.rows
    ]
    return made


def test_junit_is_written_beside_the_answer(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    said = machine.labctl("check", "--junit", str(path))
    assert said.code == 1
    assert said.out.endswith("Next: labctl hint first\n")
    root = ET.parse(path).getroot()  # noqa: S314 - written by the code under test
    assert [one.get("name") for one in root] == ["tiny.first", "tiny.second"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_receipt_names_the_seed_and_the_cluster(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    said = machine.labctl("check", "--receipt", str(path))
    assert said.code == 1
    assert f"The receipt is in {path}" in said.err
    found = read_receipt(path)
    assert found.seed == Learner(tmp_path / "home/progress.json").seed()
    assert found.cluster.kubernetes == "1.36.3"
    assert found.outcomes == {"one": Outcome.FAIL, "two": Outcome.BLOCKED}


def test_a_receipt_is_of_the_whole_lab(machine: Machine, tmp_path: Path) -> None:
    path = str(tmp_path / "receipt.json")
    assert machine.labctl("check", "--receipt", path, "--step", "first").code == ExitCode.USAGE
    assert machine.labctl("check", "--receipt", path, "--watch").code == ExitCode.USAGE
    assert machine.labctl("check", "--junit", path, "--watch").code == ExitCode.USAGE
    assert not Path(path).exists()


@pytest.mark.parametrize("option", ["--junit", "--receipt"])
def test_a_file_that_cannot_be_written_is_told_before_the_work(
    machine: Machine, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = machine.labctl("check", option, str(tmp_path / "no/such/file"))
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "there is no folder" in capsys.readouterr().err
    assert machine.labctl("check", option, str(tmp_path)).code == ExitCode.USAGE


def test_a_device_is_written_to_and_never_replaced(machine: Machine, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert machine.labctl("check", "--junit", str(pipe)).code == 1
    assert os.read(reader, 13) == b"<testsuites n"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_link_stays_and_its_target_is_written(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "link.xml").symlink_to("real.xml")
    machine.labctl("check", "--junit", str(tmp_path / "link.xml"))
    assert (tmp_path / "link.xml").is_symlink()
    assert (tmp_path / "real.xml").read_text().startswith("<testsuites")


def test_the_page_of_a_job_is_added_to(machine: Machine, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    machine.settings = replace(machine.settings, step_summary=page)
    assert machine.labctl("check", "--output", "json").code == 1
    text = page.read_text()
    assert text.startswith("before\n### Lab tiny: 0 of 2 checks pass\n\n| Step |")


def test_a_page_that_cannot_be_written_changes_no_answer(machine: Machine, tmp_path: Path) -> None:
    machine.settings = replace(machine.settings, step_summary=tmp_path / "no/summary.md")
    said = machine.labctl("check", "--output", "json")
    assert said.code == 1
    assert json.loads(said.out)["exit_code"] == 1
    assert "Could not add to the job's page" in said.err
