"""A container with frozen processes, as a killed runc leaves one behind on cgroup v1."""

import subprocess
import uuid

import pytest

from labctl.nodeimage.recipe import BASE
from labctl.tools.engine import DockerEngine

pytestmark = [pytest.mark.docker, pytest.mark.fault, pytest.mark.timeout(120)]

FREEZE = """
set -e
mkdir /sys/fs/cgroup/freezer/stuck
sleep 1000 &
echo $! >/sys/fs/cgroup/freezer/stuck/cgroup.procs
echo FROZEN >/sys/fs/cgroup/freezer/stuck/freezer.state
echo frozen
wait
"""


def test_a_container_with_frozen_processes_is_removed(engine: DockerEngine) -> None:
    if engine.info().cgroup_version != "1":
        pytest.skip("cgroup v2 kills what is frozen")
    label = f"dev.labctl.test={uuid.uuid4().hex}"
    run = ["docker", "run", "--detach", "--privileged", "--label", label, BASE, "sh", "-c", FREEZE]
    container = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    logs = ["docker", "logs", "--follow", container]
    with subprocess.Popen(logs, stdout=subprocess.PIPE, text=True) as follow:
        assert follow.stdout
        assert follow.stdout.readline() == "frozen\n"
        follow.kill()
    assert len(engine.remove_containers(label)) == 1
    assert engine.containers(label) == []
