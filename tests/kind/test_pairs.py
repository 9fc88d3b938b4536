"""Each supported pair of Kubernetes and runtime, from `up` to `down`."""

import subprocess

import pytest

from labctl.model import OciRuntime, Runtime
from labctl.nodeimage import versions
from labctl.waiting import Pending, wait_until
from tests.lab_fixtures import LAB, Cli, Running, settled, traces

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

FILE = versions.load()
DEFAULT = FILE.kubernetes[FILE.default].release
IMAGE = "docker.io/library/model-server:v1"


def pairs() -> list[object]:
    """The default release on each runtime; the others on request, by `make matrix`."""
    return [
        pytest.param(
            release,
            runtime,
            marks=[] if release == DEFAULT else [pytest.mark.matrix],
            id=f"{release}-{runtime}",
        )
        for release, runtime in versions.pairs(FILE)
    ]


@pytest.mark.parametrize(("release", "runtime"), pairs())
def test_a_pair_from_up_to_down(release: str, runtime: Runtime, cli: Cli, name: str) -> None:
    done = cli.json("up", LAB, "--kubernetes", release, "--runtime", runtime, "--name", name)
    assert (done["kubernetes"], done["runtime"]) == (release, runtime)
    lab = Running(cli, name)
    wide = lab.kubectl("get", "nodes", "-o", "wide", "--no-headers")
    assert f"v{release}" in wide
    assert f"{runtime}://" in wide
    assert [one["result"] for one in lab.json("load", IMAGE)["results"]] == ["already there"]
    lab("solve", "--all")
    assert settled(lab, "every_replica_answers")["outcome"] == "pass"
    assert lab.json("check")["outcome"] == "pass"
    document = lab.json("trace", IMAGE)
    assert document["identical"], document["sentence"]
    (node,) = document["nodes"]
    assert node["cri"]["name"] == runtime
    containers = node["containers"]
    assert len(containers) == 3
    assert {one["process"]["oci_runtime"]["name"] for one in containers} == {"runc"}
    _each_class_starts_a_pod(lab)
    _comes_back_after_a_restart(lab)
    cli("down", "--name", name)
    assert traces(name) == []


def _each_class_starts_a_pod(lab: Running) -> None:
    for oci_runtime in OciRuntime:
        lab.run_pod(f"by-{oci_runtime}", IMAGE, runtime_class=oci_runtime)
        by_pod = lab.processes(IMAGE)
        assert by_pod[f"default/by-{oci_runtime}"]["oci_runtime"]["name"] == oci_runtime
        assert lab.kubectl("exec", f"by-{oci_runtime}", "--", "cat", "/proc/1/comm") == "python3\n"


def _comes_back_after_a_restart(lab: Running) -> None:
    images = ["docker", "exec", lab.node, "crictl", "images", "--quiet"]
    before = subprocess.run(images, capture_output=True, text=True, check=True).stdout
    subprocess.run(["docker", "restart", lab.node], check=True, capture_output=True)
    lab("up", LAB)
    after = subprocess.run(images, capture_output=True, text=True, check=True).stdout
    assert sorted(after.split()) == sorted(before.split())
    assert settled(lab, "every_replica_answers")["outcome"] == "pass"
    # Ready is what the API server remembers of Pods that are not back yet; processes are there.
    wanted = {f"default/by-{oci_runtime}" for oci_runtime in OciRuntime}
    wait_until(
        lambda: wanted <= set(lab.processes(IMAGE)) or Pending("not all Pods run again"),
        what="the Pods of both RuntimeClasses",
        timeout=90,
    )
