"""What goes wrong while `up` works: killed, interrupted, engine gone, disk full, two at once.

Everything aims at containers and files that the test made itself.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.engine_line import EngineLine
from tests.lab_fixtures import LAB, Cli, traces
from tests.node_fixtures import second_engine

pytestmark = [pytest.mark.kind, pytest.mark.fault, pytest.mark.timeout(600)]

PHASES = ("Build image", "Start Kubernetes", "Load", "Wait for nodes", "Set the scene")


def _start_until(cli: Cli, name: str, phase: str) -> subprocess.Popen[str]:
    """Start `up` and come back when it says that a phase begins."""
    process = cli.start("up", LAB, "--name", name)
    assert process.stderr
    for line in process.stderr:
        if line.startswith(f"... {phase}"):
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


@pytest.mark.parametrize("phase", ["Start Kubernetes", "Load", "Set the scene"])
def test_after_a_killed_up_the_next_one_succeeds(cli: Cli, name: str, phase: str) -> None:
    process = _start_until(cli, name, phase)
    if phase == "Start Kubernetes":
        time.sleep(3)  # into kubeadm
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


@contextmanager
def _loop_mount(folder: Path, size: int) -> Iterator[Path]:
    """A file system of `size` bytes in a file."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    image, mount = folder / "disk.img", folder / "disk"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_under_the_state_folder_is_one_message(
    cli: Cli, name: str, tmp_path: Path
) -> None:
    with _loop_mount(tmp_path, 1 << 20) as disk:
        with (disk / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        ran = Cli(disk / "state", cli.cwd)("up", LAB, "--name", name, code=5)
    assert "No space left on device" in ran.err
    assert "LABCTL_HOME" in ran.err
    assert ran.err.count("Error:") == 1
    assert traces(name) == []


def test_a_small_disk_under_the_engine_is_told_before_anything_is_made(
    cli: Cli, name: str, tmp_path: Path
) -> None:
    with _loop_mount(tmp_path, 256 << 20) as disk, second_engine(disk) as environ:
        cli.env = environ
        ran = cli("up", LAB, "--name", name, code=4)
        assert "GiB free" in ran.err
        argv = ["docker", "images", "--quiet"]
        out = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout
        assert out == ""


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
