"""The historic cluster: a 1.23 worker on the real dockershim under a 1.24 control plane."""

import json
import subprocess

import pytest

from labctl.nodeimage import versions
from tests.lab_fixtures import LAB, Cli, Running, settled, traces

pytestmark = [pytest.mark.kind, pytest.mark.matrix, pytest.mark.timeout(900)]

IMAGE = "docker.io/library/model-server:v1"


def test_one_image_runs_on_the_dockershim_and_on_what_replaced_it(cli: Cli, name: str) -> None:
    cli("up", LAB, "--history", "dockershim", "--name", name)
    lab = Running(cli, name)
    nodes = json.loads(lab.kubectl("get", "nodes", "-o", "json"))["items"]
    said = {
        node["status"]["nodeInfo"]["kubeletVersion"]: (
            node["status"]["nodeInfo"]["containerRuntimeVersion"].partition(":")[0]
        )
        for node in nodes
    }
    old = versions.load().historic
    releases = (f"v{old['1.24'].release}", f"v{old['1.23'].release}")
    assert said == dict(zip(releases, ("containerd", "docker"), strict=True))
    assert lab.kubectl("get", "nodes", "--no-headers").count(" Ready ") == 2
    # No CRI program stands between: the kubelet itself is the Docker Engine's client.
    worker = f"labctl-{name}-worker"
    argv = ["docker", "exec", worker, "pgrep", "--list-name", "cri-dockerd|crio"]
    assert subprocess.run(argv, capture_output=True, text=True, check=False).stdout == ""
    lab("solve", "--all")
    assert settled(lab, "every_replica_answers")["outcome"] == "pass"
    lab.kubectl("taint", "nodes", "--all", "node-role.kubernetes.io/master-", code=None)
    lab.kubectl("taint", "nodes", "--all", "node-role.kubernetes.io/control-plane-", code=None)
    lab.run_pod("on-containerd", IMAGE, node=f"labctl-{name}-control-plane")
    document = lab.json("trace", IMAGE)
    assert document["identical"], document["sentence"]
    by_node = {node["node"]: node for node in document["nodes"]}
    assert by_node[worker]["cri"]["name"].startswith("dockershim")
    assert all(node["containers"] for node in document["nodes"])
    cli("down", "--name", name)
    assert traces(name) == []
