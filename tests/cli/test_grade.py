"""`labctl grade` without a cluster: what is refused, and what is written all the same."""

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from labctl.errors import ExitCode
from tests.cli.test_lab_commands import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "alice.json").write_text("{")
    return Machine(tmp_path)


def test_a_class_is_graded_to_its_end_and_told_in_every_form(
    machine: Machine, tmp_path: Path
) -> None:
    files = {name: tmp_path / name for name in ("class.csv", "class.xml")}
    said = machine.labctl(
        *("grade", str(tmp_path / "alice.json"), str(tmp_path / "gone.json")),
        *("--csv", str(files["class.csv"]), "--junit", str(files["class.xml"])),
        *("--classroom", str(tmp_path / "results")),
    )
    assert said.code == ExitCode.NOT_PASSED
    assert said.out.splitlines()[:3] == [
        "LEARNER   LAB   POINTS   OUTCOME   RECEIPT",
        "alice     -     -        refused   -",
        "gone      -     -        refused   -",
    ]
    assert "it is not JSON" in said.out
    assert "--trust-work runs scripts too" in said.err
    with files["class.csv"].open() as file:
        assert [row["learner"] for row in csv.DictReader(file)] == ["alice", "gone"]
    assert len(ET.parse(files["class.xml"]).getroot()) == 2  # noqa: S314 - written by us
    assert list((tmp_path / "results").iterdir()) == []
    assert "alice: not graded, so nothing is written for Classroom 50." in said.err


def test_json_is_one_document(machine: Machine, tmp_path: Path) -> None:
    said = machine.labctl("grade", str(tmp_path / "alice.json"), "--output", "json")
    document = json.loads(said.out)
    assert (document["format"], document["exit_code"]) == ("labctl/grades/v1", 1)
    assert said.code == 1


def test_work_is_named_for_one_receipt(machine: Machine, tmp_path: Path) -> None:
    path = str(tmp_path / "alice.json")
    said = machine.labctl("grade", path, path, "--work", str(tmp_path))
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "--work is for one receipt" in said.err


def test_a_receipt_is_needed(machine: Machine) -> None:
    assert machine.labctl("grade").code == ExitCode.USAGE


def test_a_folder_that_can_t_be_made_is_one_message(machine: Machine, tmp_path: Path) -> None:
    path = str(tmp_path / "alice.json")
    said = machine.labctl("grade", path, path, "--classroom", path)
    assert said.code == ExitCode.TOOL
    assert "Could not make the folder" in said.err
