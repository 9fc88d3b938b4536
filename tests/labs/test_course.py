"""The shipped labs, proved by `labctl lab test` as an author would: a part of them here.

The whole course over its matrix is `make matrix`; docs/ci.md says which part runs where.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab_fixtures import Cli

PART = ("works-on-my-machine",)


def broken(report: dict[str, Any]) -> list[str]:
    return [
        f"{lab['lab']} on {lab['kubernetes']} {lab['runtimes']}: {one['proof']} {one['verdict']}: "
        + "\n".join((one["message"], *one["details"]))
        for lab in report["labs"]
        for one in lab["proofs"]
        if one["verdict"] != "pass"
    ]


@pytest.mark.labs
@pytest.mark.timeout(1800)
def test_a_part_of_the_course_holds_on_one_pair(cli: Cli) -> None:
    argv = ("lab", "test", *PART, "--kubernetes", "1.36", "--runtime", "containerd")
    ran = cli(*argv, "--output", "json", code=None, timeout=1790)
    report = json.loads(ran.out)
    assert broken(report) == [], ran.err
    assert {lab["lab"] for lab in report["labs"]} == set(PART)


@pytest.mark.matrix
@pytest.mark.timeout(14_400)
def test_the_whole_course_holds_over_its_matrix(cli: Cli) -> None:
    ran = cli("lab", "test", "--all", "--output", "json", code=None, timeout=14_390)
    assert broken(json.loads(ran.out)) == [], ran.err


@pytest.mark.matrix
@pytest.mark.timeout(1800)
def test_a_lab_whose_reset_is_a_new_cluster_holds(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "labs"
    [path] = cli("lab", "--labs", str(folder), "new", "anew").out.split()
    with (Path(path) / "lab.yaml").open("a") as file:
        file.write("reset: cluster\n")
    argv = ("lab", "--labs", str(folder), "test", "anew", "--trust", "--output", "json")
    ran = cli(*argv, code=None, timeout=1790)
    assert broken(json.loads(ran.out)) == [], ran.err
