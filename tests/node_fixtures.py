"""Fixtures: nodes that are only their containerd, and an engine with Docker's containerd store."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labctl.model import LABEL_KIND, LABEL_RUNTIME, Runtime
from labctl.tools.cri.containerd import Containerd
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process
from labctl.waiting import Pending, wait_until

NodeMaker = Callable[[], Containerd]


@pytest.fixture(scope="session")
def process() -> Process:
    return Process(dict(os.environ))


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerEngine]:
    engine = DockerEngine(dict(os.environ))
    yield engine
    engine.api.close()


@pytest.fixture(scope="session")
def make_node(process: Process, engine: DockerEngine) -> Iterator[NodeMaker]:
    """Starts a node's containerd with its CRI plugin and nothing around it: two seconds."""
    images = [
        image
        for image in engine.images(f"{LABEL_KIND}=node-image")
        if image.tags and image.labels.get(LABEL_RUNTIME) == Runtime.CONTAINERD
    ]
    if not images:
        pytest.skip("there is no node image: run labctl node-image build")
    made: list[str] = []

    def make() -> Containerd:
        name = f"labctl-test-{uuid.uuid4().hex[:8]}"
        argv = ["docker", "run", "--detach", "--privileged", "--network=none", "--name", name]
        argv += ["--volume=/var", "--tmpfs=/run", "--tmpfs=/tmp", "--entrypoint=containerd"]
        made.append(name)
        process.run([*argv, images[0].tags[0]], timeout=120)
        ask = ["docker", "exec", name, "sh", "-c", "crictl images >/dev/null 2>&1; echo $?"]
        wait_until(
            lambda: process.run(ask, timeout=30).stdout.strip() == "0" or Pending("no answer"),
            what="the node's containerd",
            timeout=60,
        )
        return Containerd(process, name)

    yield make
    if made:
        process.run(["docker", "rm", "--force", "--volumes", *made], timeout=120)


@pytest.fixture(scope="session")
def node(make_node: NodeMaker) -> Containerd:
    return make_node()


@contextmanager
def second_engine(
    data_root: Path, *options: str, networked: bool = False
) -> Iterator[dict[str, str]]:
    """Another dockerd, in a network namespace of its own; answers the environment to reach it.

    Its own namespace because with --bridge=none it would remove the first one's docker0. A
    networked one can run clusters, for a labctl in that namespace: `inside` is how to start one.
    """
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        pytest.skip("a second engine needs dockerd and root")
    # A Unix socket's path is short: pytest's own folders are too deep for it.
    home = Path(f"/tmp/labctl-engine-{uuid.uuid4().hex[:8]}")  # noqa: S108
    home.mkdir(mode=0o700)
    environ = {**os.environ, "DOCKER_HOST": f"unix://{home}/docker.sock"}
    start = 'ip link set lo up; exec dockerd "$@"'
    argv = ["unshare", "--net", "sh", "-c", start, "dockerd", *options]
    if not networked:
        argv += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    argv += ["--host", environ["DOCKER_HOST"], "--pidfile", f"{home}/pid"]
    argv += ["--data-root", str(data_root), "--exec-root", f"{home}/exec"]
    with (home / "log").open("wb") as log:
        dockerd = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(
            # The SDK leaks a socket for each connection that is refused.
            lambda: (home / "docker.sock").exists() or Pending("no socket"),
            what="the second engine",
            timeout=60,
        )
        yield environ
    finally:
        dockerd.terminate()
        dockerd.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def inside(environ: dict[str, str]) -> tuple[str, ...]:
    """What to put before a command that is to run in a second engine's network namespace."""
    pid = Path(environ["DOCKER_HOST"].removeprefix("unix://")).with_name("pid").read_text()
    return ("nsenter", f"--net=/proc/{pid.strip()}/ns/net")


@pytest.fixture(scope="session")
def containerd_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a second engine, one with Docker's containerd store; root is needed."""
    data = tmp_path_factory.mktemp("engine")
    with second_engine(data, "--feature", "containerd-snapshotter=true") as environ:
        yield environ
