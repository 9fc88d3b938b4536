"""One cluster with three runtimes: one image, one Deployment, one digest."""

import hashlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.model import RUNTIMES
from labctl.waiting import Pending, wait_until
from tests.lab_fixtures import LAB, Cli, Running, fresh_name, settled
from tests.planting import build, plant

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

IMAGE = "docker.io/library/model-server:v1"
WORKERS = dict(zip(("worker", "worker2", "worker3"), RUNTIMES, strict=True))


@pytest.fixture(scope="module")
def mixed(session_cli: Cli) -> Iterator[Running]:
    """A control plane and three workers, one for each runtime."""
    name = fresh_name()
    try:
        session_cli("up", LAB, "--runtime", ",".join(RUNTIMES), "--name", name, timeout=3600)
        yield Running(session_cli, name)
    finally:
        session_cli("down", "--name", name, code=None)


@pytest.fixture
def tag(tmp_path: Path) -> Iterator[str]:
    """The name of an image of the test's own."""
    tag = f"mixed-{secrets.token_hex(3)}:1"
    build(tag, tmp_path, "first")
    yield tag
    subprocess.run(["docker", "rmi", "--force", tag], check=True, capture_output=True)


def test_each_worker_is_ready_on_its_runtime(mixed: Running) -> None:
    nodes = json.loads(mixed.kubectl("get", "nodes", "-o", "json"))["items"]
    said = {
        node["metadata"]["name"].removeprefix(f"labctl-{mixed.name}-"): (
            node["status"]["nodeInfo"]["containerRuntimeVersion"].partition(":")[0]
        )
        for node in nodes
    }
    assert said == {"control-plane": "containerd", **WORKERS}
    assert mixed.kubectl("get", "nodes", "--no-headers").count(" Ready ") == 4
    row = next(r for r in mixed.cli.json("status")["labs"] if r["name"] == mixed.name)
    assert (row["runtime"], row["state"]) == ("containerd,cri-o,docker", "ready")


def test_one_deployment_runs_on_all_of_them_and_the_lab_passes(mixed: Running) -> None:
    mixed("reset")
    mixed("solve", "--all")
    assert settled(mixed, "every_replica_answers")["outcome"] == "pass"
    assert mixed.json("check")["outcome"] == "pass"
    document = mixed.json("trace", IMAGE)
    assert document["identical"], document["sentence"]
    digests = {node["stored"]["config_digest"] for node in document["nodes"]}
    assert digests == {document["engine"]["stored"]["config_digest"]}
    running = {node["cri"]["name"]: node["containers"] for node in document["nodes"][1:]}
    assert {name for name, containers in running.items() if containers} == set(RUNTIMES)
    text = mixed("trace", IMAGE).out
    assert text.splitlines()[-1].startswith("Identical: one image, ")
    assert all(len(line) <= 80 for line in text.splitlines()[1:-1]), text


def test_load_says_one_line_for_each_node(mixed: Running, tag: str) -> None:
    lines = mixed("load", tag).out.splitlines()
    rows = [line.split() for line in lines if line.startswith("labctl-")]
    assert [row[:2] for row in rows] == [
        [f"labctl-{mixed.name}-{node}", "loaded"] for node in ("control-plane", *WORKERS)
    ]
    again = mixed("load", tag)
    assert again.out.count("already there") == 4
    assert "Nothing was sent" in again.err


@pytest.mark.parametrize("worker", WORKERS)
def test_a_changed_image_under_the_same_name_on_one_node_is_found(
    mixed: Running, tag: str, tmp_path: Path, worker: str
) -> None:
    mixed("load", tag)
    assert mixed("trace", tag).out.splitlines()[-1].startswith("Identical")
    plant(mixed, f"labctl-{mixed.name}-{worker}", tag, tmp_path / "other")
    found = mixed.json("trace", tag, code=1)
    assert not found["identical"]
    assert len(found["differences"]) == 1
    assert f"labctl-{mixed.name}-{worker}" in found["differences"][0]
    assert mixed("trace", tag, code=1).out.splitlines()[-1].startswith("Not identical: ")
    # The engine's image takes its name back.
    assert mixed("load", tag).out.count("loaded") == 1
    assert mixed.json("trace", tag)["identical"]


def test_workers_come_back_with_their_images_and_pods(mixed: Running) -> None:
    mixed("reset")
    mixed("solve", "deploy")
    settled(mixed, "pods_ready")
    workers = [f"labctl-{mixed.name}-{worker}" for worker in WORKERS]
    before = {node["node"]: node["stored"] for node in mixed.json("trace", IMAGE)["nodes"]}
    subprocess.run(["docker", "restart", *workers], check=True, capture_output=True)
    mixed("up", LAB)
    assert settled(mixed, "pods_ready")["outcome"] == "pass"

    # Ready is what the API server remembers of Pods that are not back yet; processes are there.
    def runs_everywhere() -> Any:
        found = mixed.json("trace", IMAGE)
        return found if all(node["containers"] for node in found["nodes"][1:]) else Pending("not")

    after = wait_until(runs_everywhere, what="a Pod on each worker", timeout=90)
    assert {node["node"]: node["stored"] for node in after["nodes"]} == before
    assert after["identical"], after["sentence"]


@pytest.mark.fault
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("times", [4, pytest.param(50, marks=pytest.mark.matrix)])
def test_a_load_that_was_killed_is_made_good_by_the_next_one(
    mixed: Running, tmp_path: Path, times: int
) -> None:
    luck = secrets.SystemRandom()
    for _ in range(times):
        pod = f"killed-{secrets.token_hex(3)}"
        content = _big_image(f"{pod}:1", tmp_path)
        try:
            process = mixed.cli.start("load", "--name", mixed.name, f"{pod}:1")
            time.sleep(luck.uniform(0.3, 2.5))
            process.kill()
            process.communicate(timeout=60)
            mixed("load", f"{pod}:1")
            for worker in WORKERS:
                node = f"labctl-{mixed.name}-{worker}"
                mixed.run_pod(f"{pod}-{worker}", f"{pod}:1", node=node)
                seen = mixed.kubectl("exec", f"{pod}-{worker}", "--", "sha256sum", "/last")
                assert seen.split()[0] == content
        finally:
            pods = [f"{pod}-{worker}" for worker in WORKERS]
            mixed.kubectl("delete", "pod", *pods, "--now", code=None)
            subprocess.run(["docker", "rmi", "--force", f"{pod}:1"], check=True)


def _big_image(tag: str, folder: Path) -> str:
    """Three layers that nobody has; answers the digest of a file in the last one."""
    names = ("first", "second", "last")
    for name in names:
        (folder / name).write_bytes(secrets.token_bytes(15 << 20))
    copies = "".join(f"COPY {name} /{name}\n" for name in names)
    (folder / "Dockerfile").write_text(f"FROM {IMAGE}\n{copies}")
    argv = ["docker", "buildx", "build", "--quiet", "--tag", tag, str(folder)]
    subprocess.run(argv, check=True, capture_output=True)
    return hashlib.sha256((folder / "last").read_bytes()).hexdigest()
