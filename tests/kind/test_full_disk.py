"""Disks that are full, on file systems of our own: one message, and nothing half-made."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from labctl.model import Runtime
from labctl.nodeimage.recipe import PYTHON, image_tag
from labctl.nodeimage.versions import load, resolve
from tests.lab_fixtures import LAB, Cli, Ran, Running, traces
from tests.node_fixtures import inside, second_engine

pytestmark = [pytest.mark.kind, pytest.mark.fault, pytest.mark.timeout(600)]


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


@pytest.fixture
def small(cli: Cli, tmp_path: Path) -> Iterator[Path]:
    """The disk of an engine that can run a cluster, where nothing is kept yet."""
    node_image = image_tag(resolve(None, load()).kubernetes, Runtime.CONTAINERD)
    with (
        _loop_mount(tmp_path, 8 << 30) as disk,
        second_engine(disk, networked=True) as environ,
    ):
        take = ["docker", "load", "--quiet"]
        with subprocess.Popen(
            ["docker", "save", node_image, PYTHON], stdout=subprocess.PIPE
        ) as save:
            subprocess.run(take, env=environ, stdin=save.stdout, check=True, capture_output=True)
        assert save.returncode == 0
        cli.env, cli.before = environ, inside(environ)
        try:
            yield disk
        finally:
            cli("down", "--all", code=None)


def test_a_disk_that_fills_up_while_a_checkpoint_is_taken_costs_no_more_than_that(
    cli: Cli, name: str, small: Path
) -> None:
    ran = _full_from("Keep a checkpoint", small, cli, "up", LAB, "--name", name)
    assert ran.code == 0, ran
    assert "The next start has no checkpoint: The engine's disk is full" in ran.err
    ran = _full_from("Save lab", small, cli, "checkpoint", "save", "mine", "--name", name)
    assert ran.code == 5, ran
    assert ran.err.count("Error:") == 1
    assert "The engine's disk is full" in ran.err
    listed = cli.json("checkpoint", "list")
    assert (listed["checkpoints"], listed["parts"]) == ([], [])
    lab = Running(cli, name)
    lab("solve", "--all")
    lab("check")


def _full_from(phase: str, disk: Path, cli: Cli, *argv: str) -> Ran:
    """Run a command; at the start of a phase the disk has 200 MiB left, at the command's end all."""
    fill, said = disk / "fill", []
    with cli.start(*argv) as process:
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            said.append(line)
            if line.startswith(f"... {phase}"):
                there = os.statvfs(disk)
                free = there.f_bavail * there.f_frsize - (200 << 20)
                subprocess.run(["fallocate", "--length", str(free), str(fill)], check=True)
            if line.startswith(f"failed {phase}"):
                fill.unlink()
        out = process.stdout.read()
    assert not fill.exists(), said
    return Ran(process.returncode, out, "".join(said))
