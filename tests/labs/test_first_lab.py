"""The first lab as a learner meets it: failures that explain, reset, and an environment that dies.

That its checks, mistakes and solution hold is proved by `labctl lab test`: test_course.py.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.engine_line import EngineLine
from tests.lab_fixtures import LAB, Running, checks

pytestmark = [pytest.mark.labs, pytest.mark.timeout(600)]


@pytest.fixture
def fresh(lab: Running) -> Running:
    """The session's lab at its start."""
    lab("reset")
    return lab


def test_a_failed_check_says_why_and_what_to_do(fresh: Running) -> None:
    ran = fresh("check", code=1)
    assert "FAIL" in ran.out
    assert "See it yourself" in ran.out
    assert "labctl hint " in ran.out
    # A command stays whole, so that it can be copied.
    prose = [line for line in ran.out.splitlines() if "See it yourself" not in line]
    assert all(len(line) <= 80 for line in prose), ran.out


def test_reset_brings_the_start_back(fresh: Running) -> None:
    fresh("solve", "--all")
    fresh("reset")
    outcomes = {check["outcome"] for check in checks(fresh.json("check", code=1)).values()}
    assert outcomes <= {"fail", "blocked"}
    left = ["docker", "ps", "-aq", "--filter", f"label=dev.labctl.lab={LAB}"]
    cluster = ["--filter", "label=dev.labctl.cluster"]
    everything = subprocess.run(left, capture_output=True, text=True, check=True).stdout.split()
    nodes = subprocess.run([*left, *cluster], capture_output=True, text=True, check=True)
    assert sorted(everything) == sorted(nodes.stdout.split())


def test_hints_come_one_by_one(fresh: Running) -> None:
    fresh("check", code=1)
    first, second = fresh("hint", "deploy").out, fresh("hint", "deploy").out
    assert first
    assert second
    assert first != second


def test_a_dead_engine_is_not_a_wrong_answer(fresh: Running, tmp_path: Path) -> None:
    fresh.cli.env = {"DOCKER_HOST": f"unix://{tmp_path}/no-engine.sock"}
    try:
        ran = fresh("check", code=4)
    finally:
        fresh.cli.env = {}
    assert "does not answer" in ran.err
    assert "FAIL" not in ran.out


@pytest.mark.parametrize("part", [0, 0.3, 0.6, 0.9])
def test_an_engine_that_stops_while_it_is_asked_is_not_a_wrong_answer(
    fresh: Running, line: EngineLine, part: float
) -> None:
    """Cut at the first request, late, and in between."""
    argv = ("check", "--name", fresh.name, "--output", "json")
    fresh.cli.env = {"DOCKER_HOST": f"unix://{line.path}"}
    try:
        fresh.cli(*argv, code=1)
        asked = len(line.requests)
        line.requests.clear()
        line.cut_at = max(1, round(part * asked))
        ran = fresh.cli(*argv, code=None)
    finally:
        fresh.cli.env = {}
    assert ran.code in (4, 5), (ran.out, ran.err)
    if ran.out:
        found = checks(json.loads(ran.out))["container_runs"]
        assert found["outcome"] in ("error", "fail")
        assert found["outcome"] == "error" or found["failure"]["code"] == "container-missing"


def test_a_dead_api_server_is_not_a_wrong_answer(fresh: Running) -> None:
    def signal(name: str) -> None:
        argv = ["docker", "exec", fresh.node, "pkill", f"-{name}", "kube-apiserver"]
        subprocess.run(argv, check=True, capture_output=True)

    signal("STOP")
    try:
        ran = fresh("check", code=5)
    finally:
        signal("CONT")
    assert "FAIL" not in ran.out


def test_a_paused_node_is_not_a_wrong_answer_and_up_repairs_it(fresh: Running) -> None:
    subprocess.run(["docker", "pause", fresh.node], check=True, capture_output=True)
    ran = fresh("check", code=4)
    assert "labctl up" in ran.err
    assert fresh.json("up", LAB)["state"] == "repaired"
