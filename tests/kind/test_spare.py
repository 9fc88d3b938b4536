"""A spare cluster on a real engine: it rests, is taken, and another one takes its place."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.lab_fixtures import LAB, Cli, Running, traces

pytestmark = [pytest.mark.kind, pytest.mark.timeout(600)]

SILENT = 55
"""Seconds; after 50 a controller manager calls a node lost that has not reported."""


@pytest.fixture
def warm(cli: Cli) -> Iterator[str]:
    """The container of a spare."""
    cli("warm", LAB)
    try:
        (node,) = _spares("paused")
        yield node
    finally:
        cli("warm", "--off")
        assert _spares() == []


def test_up_takes_it_and_the_cluster_never_was_away(cli: Cli, name: str, warm: str) -> None:
    listed = [row["nodes"] for row in cli.json("status")["labs"]]
    assert [warm] not in listed  # nobody's lab yet
    assert "rests already" in cli("warm", LAB).err
    time.sleep(SILENT)
    ran = cli("up", LAB, "--name", name)
    assert "Take the spare cluster" in ran.err
    assert "made in the background" in ran.err
    lab = Running(cli, name)
    assert warm in lab.kubectl("get", "nodes")
    lab("solve", "--all")
    lab("check")
    events = lab.kubectl("get", "events", "--all-namespaces")
    assert "NodeNotReady" not in events
    _until_one_rests()
    assert _spares("paused") != [warm]
    (taken,) = (row for row in cli.json("status")["labs"] if row["name"] == name)
    assert (taken["nodes"], taken["state"]) == ([warm], "ready")
    cli("down", "--name", name)
    assert traces(name) == []
    assert warm not in _docker("ps", "--all", "--format", "{{.Names}}")


def test_a_lab_of_another_shape_leaves_it_alone(cli: Cli, name: str, warm: str) -> None:
    ran = cli("up", LAB, "--name", name, "--runtime", "cri-o")
    assert "spare cluster," not in ran.err
    assert _spares("paused") == [warm]


def _until_one_rests(seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not _spares("paused"):
        assert time.monotonic() < deadline
        time.sleep(1)


def _spares(state: str = "") -> list[str]:
    """Containers of spare clusters that were not taken: those have no claim."""
    argv = ["ps", "--all", "--filter", "label=dev.labctl.lab=~spare", "--format", "{{.Names}}"]
    names = _docker(*argv, *(["--filter", f"status={state}"] if state else [])).split()
    return [one for one in names if not _claimed(one)]


def _claimed(node: str) -> bool:
    argv = ["docker", "cp", f"{node}:/kind/claim.json", "-"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _docker(*argv: str) -> str:
    return subprocess.run(["docker", *argv], capture_output=True, text=True, check=True).stdout
