"""What checks see, asked of the real engine and of a real node."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator

import pytest

from labctl.checks.views import Recorder
from labctl.checks.views_engine import EngineView
from labctl.checks.views_nodes import NodeView
from labctl.errors import LabInvalid, ToolFailed, ToolTimeout
from labctl.model import LABEL_CLUSTER, LABEL_IMAGE_OF, LABEL_LAB, LABEL_RUNTIME, Node
from labctl.nodeimage.recipe import BASE
from labctl.tools.cri.containerd import Containerd
from labctl.tools.engine_checks import ChecksEngine
from labctl.tools.engine_inventory import inventory
from labctl.tools.process import Process

pytestmark = pytest.mark.docker


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    recorder.start(probe=True)
    return recorder


@pytest.fixture
def view(recorder: Recorder) -> EngineView:
    return EngineView(ChecksEngine(dict(os.environ)), recorder)


@pytest.fixture
def container() -> Iterator[str]:
    """One that has ended, with a file and some output."""
    name = f"labctl-test-{secrets.token_hex(3)}"
    script = "echo said; echo ab >/srv/file; head -c 2000000 /dev/zero >/srv/big; exit 3"
    subprocess.run(
        ["docker", "run", "--name", name, BASE, "sh", "-c", script],
        capture_output=True,
        check=False,
    )
    yield name
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)


def test_a_container_that_has_ended_is_looked_into(view: EngineView, container: str) -> None:
    found = view.inspect(container)
    assert found is not None
    assert found.State.ExitCode == 3
    assert view.logs(container) == "said\n"
    assert view.file(container, "/srv/file") == b"ab\n"
    assert view.file(container, "/srv/none") is None
    with pytest.raises(ToolFailed, match="larger than"):
        view.file(container, "/srv/big")


def test_what_is_not_there_is_none(view: EngineView) -> None:
    assert view.inspect("no-such-container") is None
    assert view.image_config("no-such:image") is None
    assert view.logs("no-such-container") == ""
    assert view.file("no-such-container", "/x") is None


def test_an_image_says_how_it_runs(view: EngineView) -> None:
    config = view.image_config(BASE)
    assert config is not None
    assert config.Labels["dev.labctl.kind"] == "base"


def test_a_container_that_is_thrown_away(view: EngineView, recorder: Recorder) -> None:
    before = inventory(ChecksEngine(dict(os.environ)))
    script = "echo out $WORD; echo err >&2; nproc; ls /sys/class/net; exit 4"
    answer = view.run(BASE, ["sh", "-c", script], env={"WORD": "x"}, cpus="0")
    assert (answer.code, answer.out, answer.err) == (4, "out x\n1\nlo\n", "err\n")
    with pytest.raises(ToolTimeout):
        view.run(BASE, ["sleep", "60"], timeout=1)
    with pytest.raises(ToolFailed):
        view.run(BASE, ["no-such-program"])
    assert inventory(ChecksEngine(dict(os.environ))) == before
    assert any(line.startswith("docker run --rm --cpuset-cpus 0") for line in recorder.commands)
    recorder.start(probe=False)
    with pytest.raises(LabInvalid):
        view.run(BASE)


def test_what_is_of_others_is_left_out_of_an_inventory_and_what_is_of_nobody_is_not() -> None:
    engine = ChecksEngine(dict(os.environ))
    tag = secrets.token_hex(4)
    marks = {
        "lab": {LABEL_LAB: f"lab-{tag}"},
        "node": {LABEL_CLUSTER: f"cluster-{tag}"},
        "built": {LABEL_IMAGE_OF: f"lab-{tag}"},
        "plain": {},
    }
    made = {
        f"{key}-{tag}": engine.api.create_container(
            BASE, "true", name=f"{key}-{tag}", labels=labels
        )
        for key, labels in marks.items()
    }
    try:
        ours = inventory(engine, cluster=f"cluster-{tag}", labs=(f"lab-{tag}",))
        theirs = inventory(engine, cluster="other", labs=("other",))
        everything = inventory(engine)
    finally:
        for one in made.values():
            engine.api.remove_container(one)
        engine.api.close()
    names = {f"container {name}" for name in made}
    assert names <= set(ours)
    assert names <= set(everything)
    assert names & set(theirs) == {f"container plain-{tag}"}


def test_a_node_from_the_inside(node: Containerd, process: Process, recorder: Recorder) -> None:
    labels = {LABEL_RUNTIME: "containerd"}
    view = NodeView(Node(node.node, "worker", True, "running", "", labels), process, recorder)
    subprocess.run(
        ["docker", "exec", "--detach", node.node, "sleep", "600 s"],
        check=False,
        capture_output=True,
    )
    subprocess.run(
        ["docker", "exec", "--detach", node.node, "sleep", "600"], check=True, capture_output=True
    )
    deadline = time.monotonic() + 10
    while not (found := [one for one in view.processes() if one.argv == ("sleep", "600")]):
        assert time.monotonic() < deadline
    assert found[0].name == "sleep"
    first = next(one for one in view.processes() if one.pid == 1)
    assert (first.name, first.ppid) == ("containerd", 0)
    assert view.file("/etc/hostname") == f"{view.file('/proc/sys/kernel/hostname')}"
    assert view.file("/no/such/file") is None
    assert view.sandboxes() == ()
    assert view.containers() == ()
    answer = view.run(["sh", "-c", "echo a; echo b >&2; exit 7"])
    assert (answer.code, answer.out) == (7, "a\n")
    assert "b" in answer.err
    assert view.unit("containerd") != "active"  # no systemd runs there
