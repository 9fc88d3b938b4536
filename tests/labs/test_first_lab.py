"""The first lab, proved on a real cluster: before, each mistake, the solution, reset, engine gone."""

import os
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from labctl.catalog import Catalog, Lab, labs_folder
from labctl.cli.app import App
from labctl.ops.solve import Solver
from labctl.settings import Settings
from tests.lab_fixtures import LAB, Running, checks, settled

pytestmark = [pytest.mark.labs, pytest.mark.timeout(600)]

THE_LAB: Lab = Catalog(labs_folder(None)).get(LAB)
MISTAKES = sorted(path.name for path in (THE_LAB.folder / "mistakes").iterdir())


@pytest.fixture
def fresh(lab: Running) -> Running:
    """The session's lab at its start."""
    lab("reset")
    return lab


def _solver(lab: Running) -> Solver:
    settings = Settings.read({**os.environ, "LABCTL_HOME": str(lab.cli.home)})
    app = App(settings)
    return Solver(
        lab=THE_LAB,
        cluster=app.target(lab.name),
        kube=app.kube(lab.name),
        runner=app.process,
        kubeconfig=app.kubeconfig(lab.name),
        path=os.environ["PATH"],
        progress=app.console.progress(),
    )


def _versions(lab: Running) -> str:
    """Name and resource version of all that a check could have changed."""
    columns = "custom-columns=K:.kind,N:.metadata.name,V:.metadata.resourceVersion"
    kinds = "deployments,services,configmaps,secrets,serviceaccounts,replicasets"
    return lab.kubectl("-n", THE_LAB.namespace, "get", kinds, "-o", columns, "--no-headers")


def test_nothing_is_solved_at_the_start_and_it_stays_so(fresh: Running) -> None:
    for pause in (0, THE_LAB.file.ci.hold_seconds):
        time.sleep(pause)
        document = fresh.json("check", code=1)
        outcomes = {name: check["outcome"] for name, check in checks(document).items()}
        assert set(outcomes.values()) <= {"fail", "blocked"}, outcomes
        assert "fail" in outcomes.values()


def test_a_failed_check_says_why_and_what_to_do(fresh: Running) -> None:
    ran = fresh("check", code=1)
    assert "FAIL" in ran.out
    assert "See it yourself" in ran.out
    assert "labctl hint " in ran.out
    # A command stays whole, so that it can be copied.
    prose = [line for line in ran.out.splitlines() if "See it yourself" not in line]
    assert all(len(line) <= 80 for line in prose), ran.out


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_fails_its_check_with_its_code(fresh: Running, mistake: str) -> None:
    folder = THE_LAB.folder / "mistakes" / mistake
    expected = yaml.safe_load((folder / "expect.yaml").read_text())
    solver = _solver(fresh)
    steps = [step.id for step in THE_LAB.file.steps]
    solver.solve(steps[: steps.index(expected["step"])])
    assert solver.apply(folder, expected["step"])
    check = settled(fresh, expected["check"])
    assert check["outcome"] == "fail", check
    assert check["failure"]["code"] == expected["code"]


def test_the_solution_passes_twice_and_checking_writes_nothing(fresh: Running) -> None:
    for _ in range(2):
        fresh("solve", "--all")
        # The last check to settle; what it needs has settled before.
        assert settled(fresh, "every_replica_answers")["outcome"] == "pass"
        outcomes = {check["outcome"] for check in checks(fresh.json("check")).values()}
        assert outcomes == {"pass"}
    before = _versions(fresh)
    assert "PASS" in fresh("check").out
    assert _versions(fresh) == before


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
