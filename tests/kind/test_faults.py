"""What goes wrong while `up` works: killed, interrupted, engine gone, disk full, two at once.

Everything aims at containers and files that the test made itself.
"""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine_line import EngineLine
from tests.lab_fixtures import LAB, Cli, traces

pytestmark = [pytest.mark.kind, pytest.mark.fault, pytest.mark.timeout(600)]

PHASES = ("Build image", "Start Kubernetes", "Load", "Wait for nodes", "Set the scene")


def _start_until(cli: Cli, name: str, phase: str, *options: str) -> subprocess.Popen[str]:
    """Start `up` and come back when it says that a phase begins."""
    process = cli.start("up", LAB, "--name", name, *options)
    assert process.stderr
    for line in process.stderr:
        if re.match(rf"\.\.\. {phase}", line):
            return process
    out, err = process.communicate()
    raise AssertionError(f"'up' ended before '{phase}': {out}{err}")


@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupted_up_undoes_itself(cli: Cli, name: str, phase: str) -> None:
    process = _start_until(cli, name, phase)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.count("Error:") == 1
    assert "Traceback" not in err
    assert traces(name) == []
    assert not (cli.home / "clusters" / name).exists()


@pytest.mark.parametrize(
    ("phase", "seconds", "option"),
    [
        ("Start Kubernetes", 3, "--no-checkpoint"),  # into kubeadm
        ("Start Kubernetes", 0.5, "--checkpoint"),  # no node has started
        ("Start Kubernetes", 3, "--checkpoint"),  # into its own identity
        ("Load", 0, "--no-checkpoint"),
        ("Set the scene", 0, "--no-checkpoint"),
    ],
)
def test_after_a_killed_up_the_next_one_succeeds(
    cli: Cli, name: str, phase: str, seconds: float, option: str
) -> None:
    if option == "--checkpoint":  # that there is one
        cli("up", LAB, "--name", name)
        cli("down", "--name", name)
        phase += ".* from a checkpoint"
    process = _start_until(cli, name, phase, option)
    time.sleep(seconds)
    process.kill()
    process.communicate(timeout=60)
    assert cli.json("up", LAB, "--name", name)["state"] in ("created", "running")
    rows = {row["name"]: row for row in cli.json("status")["labs"]}
    assert rows[name]["state"] == "ready"


def test_a_half_made_cluster_shows_as_such_and_can_be_removed(cli: Cli, name: str) -> None:
    process = _start_until(cli, name, "Start Kubernetes")
    _until(lambda: any(line.startswith("container ") for line in traces(name)))
    process.kill()
    process.communicate(timeout=60)
    rows = {row["name"]: row for row in cli.json("status")["labs"]}
    assert rows[name]["state"] == "half-made"
    cli("down", "--name", name)
    assert traces(name) == []


def test_two_ups_at_once_make_one_cluster(cli: Cli, name: str) -> None:
    first = _start_until(cli, name, "Start Kubernetes")
    second = cli.start("up", LAB, "--name", name, "--output", "json")
    out, err = second.communicate(timeout=280)
    first.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0), err
    assert "waiting for it" in err
    assert '"state": "running"' in out
    assert len([line for line in traces(name) if line.startswith("container")]) == 1


def test_a_foreign_cluster_of_that_name_is_left_alone(cli: Cli, name: str) -> None:
    container = f"labctl-{name}-control-plane"
    labels = ["--label", f"io.x-k8s.kind.cluster=labctl-{name}"]
    image = "labctl/base:trixie"
    subprocess.run(
        ["docker", "create", "--name", container, *labels, image, "true"],
        check=True,
        capture_output=True,
    )
    try:
        ran = cli("up", LAB, "--name", name, code=2)
        assert "did not make" in ran.err
        cli("down", "--name", name)
        subprocess.run(["docker", "inspect", container], check=True, capture_output=True)
    finally:
        subprocess.run(["docker", "rm", container], check=True, capture_output=True)


@pytest.mark.parametrize("phase", ["Start Kubernetes", "Load"])
def test_an_engine_that_goes_away_is_one_message(
    cli: Cli, name: str, line: EngineLine, phase: str
) -> None:
    cli.env = {"DOCKER_HOST": f"unix://{line.path}"}
    process = _start_until(cli, name, phase)
    if phase == "Start Kubernetes":
        time.sleep(0.5)  # into it; a load is over by then
    line.cut()
    _, err = process.communicate(timeout=280)
    assert process.returncode in (4, 5), err
    assert err.count("Error:") == 1, err
    assert "Traceback" not in err
    assert "labctl down" in err or "labctl setup" in err
    cli.env.clear()
    time.sleep(3)  # the engine finishes what it was asked before the line was cut
    assert cli.json("up", LAB, "--name", name)["state"] in ("created", "running")


@pytest.mark.parametrize("verb", [("up", LAB), ("status",), ("check",), ("down", "--all")])
def test_without_an_engine_every_verb_ends_with_4(
    cli: Cli, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    cli.env = {"DOCKER_HOST": f"unix://{tmp_path}/no-engine.sock"}
    ran = cli(*verb, code=4)
    assert "does not answer" in ran.err
    assert ran.out == ""


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
