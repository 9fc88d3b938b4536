"""`labctl trace` as a program, over what the nodes of a mixed cluster answered."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.errors import ApiUnreachable
from labctl.model import KIND_CLUSTER, LABEL_CLUSTER, LABEL_LAB, LABEL_RUNTIME, ImageInfo, Node
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.image_fakes import FakeImages
from tests.kube_fake import FakeKube
from tests.node_recordings import (
    CONFIG,
    CONTAINERD,
    CRIO,
    DIFF_IDS,
    PROXY,
    RECORDINGS,
    RecordedNodes,
)

PAGE = Path(__file__).parents[2] / "docs/trace.md"
TAG = "model-server:v1"
CONTROL_PLANE = "labctl-mix-control-plane"
IMAGES = "crictl images --output json"
OTHER = f"sha256:{'0c5f2f0ab7b1':0<64}"


@dataclass
class Machine(FakeImages):
    """The engine that the recorded image came from, with the recorded nodes."""

    nodes_run: dict[str, str] = field(
        default_factory=lambda: {
            CONTROL_PLANE: "containerd",
            **{one.node: str(one.runtime) for one in RECORDINGS},
        }
    )
    exec: RecordedNodes = field(default_factory=RecordedNodes)
    kube: Callable[[str], Any] = lambda _: FakeKube()

    def __post_init__(self) -> None:
        self.stored[TAG] = ImageInfo(CONFIG, (TAG,), DIFF_IDS, "linux", "amd64", 1, None)
        none = json.dumps({"containers": []})
        answers = {**CONTAINERD.answers(), "crictl ps --output json": none}
        self.exec.answers[CONTROL_PLANE] = answers

    def nodes(self) -> tuple[Node, ...]:
        labels = {KIND_CLUSTER: "labctl-mix", LABEL_CLUSTER: "mix", LABEL_LAB: "serve-a-model"}
        return tuple(
            Node(name, "", True, "running", "", {**labels, LABEL_RUNTIME: runtime})
            for name, runtime in self.nodes_run.items()
        )

    def labctl(self, *argv: str, code: int = 0) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        app = App(Settings.read({"PATH": ""}), Console(out=out, err=err))
        vars(app).update(engine=self, process=self.exec, kube=self.kube)
        assert run(argv, app) == code, err.getvalue()
        return out.getvalue(), err.getvalue()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_an_identical_image_is_exit_0_and_one_sentence_at_the_end(machine: Machine) -> None:
    out, err = machine.labctl("trace", TAG)
    lines = out.splitlines()
    assert lines[0] == "docker.io/library/model-server:v1"
    assert lines[1].split() == ["WHERE", "IMAGE", "ID", "WHAT"]
    places = [line.split("  ")[0].strip() for line in lines[2:-1] if not line.startswith(" ")]
    assert places == ["engine", "control-plane", "worker", "worker2", "worker3"]
    assert lines[-1] == (
        "Identical: one image, 43fa048469b8, in the engine and on 4 nodes"
        " (containerd, cri-o, docker), and 3 containers run it by runc."
    )
    assert all(len(line) <= 80 for line in lines[:-1])
    assert "\x1b" not in out + err
    assert "through the engine and 4 nodes" in err


def test_the_example_on_the_page_is_the_answer(machine: Machine) -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = re.search(r"^```console\n\$ labctl (.*?)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert example
    out, _ = machine.labctl(*example[1].split())
    rest = out.replace("28.5.2", "28.5.2+dfsg4")
    for part in example[2].split("...\n"):
        _, found, rest = rest.partition(part)
        assert found, f"not in the answer, or not in that order:\n{part}"
    assert rest == ""


def test_the_answer_as_json_is_one_document(machine: Machine) -> None:
    out, _ = machine.labctl("trace", TAG, "--output", "json")
    document = json.loads(out)
    assert (document["format"], document["identical"]) == ("labctl/trace/v1", True)
    assert [node["node"] for node in document["nodes"]] == list(machine.nodes_run)
    ids = {node["stored"]["config_digest"] for node in document["nodes"]}
    assert ids == {document["engine"]["stored"]["config_digest"]} == {CONFIG}
    pids = [one["process"]["pid"] for node in document["nodes"] for one in node["containers"]]
    assert pids == [1795, 1716, 4523]


@pytest.mark.parametrize("output", ["text", "json"])
def test_another_image_under_that_name_is_exit_1_and_a_whole_answer(
    machine: Machine, output: str
) -> None:
    answers = machine.exec.answers[CRIO.node]
    answers[IMAGES] = answers[IMAGES].replace(CRIO.image["id"], OTHER.removeprefix("sha256:"))
    out, err = machine.labctl("trace", TAG, "--output", output, code=1)
    sentence = (
        "Not identical: 'labctl-mix-worker2' has 0c5f2f0ab7b1 under that name, not 43fa048469b8."
    )
    if output == "json":
        document = json.loads(out)
        assert (document["identical"], document["sentence"]) == (False, sentence)
        assert sum(len(node["containers"]) for node in document["nodes"]) == 3
    else:
        assert out.splitlines()[-1] == sentence
        assert sentence in PAGE.read_text(encoding="utf-8")
        assert out.count("  runs as") == 3
    assert "Error" not in err


def test_a_container_of_an_older_image_is_exit_1_and_named(machine: Machine) -> None:
    kube = FakeKube()
    status = {"name": "kube-proxy", "containerID": f"cri-o://{CRIO.proxy['id']}"}
    kube.apply(
        [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "kube-proxy-d6hdj", "namespace": "kube-system"},
                "spec": {"containers": [{"name": "kube-proxy", "image": TAG}]},
                "status": {"containerStatuses": [status]},
            }
        ]
    )
    machine.kube = lambda _: kube
    out, _ = machine.labctl("trace", TAG, code=1)
    assert out.splitlines()[-1] == (
        "Not identical: container 'kube-proxy' of Pod 'kube-system/kube-proxy-d6hdj' on"
        f" 'labctl-mix-worker2' runs {PROXY[:12]}, not 43fa048469b8."
    )


def test_without_the_api_server_it_is_exit_0_with_a_note_beside_the_answer(
    machine: Machine,
) -> None:
    def away(_: str) -> NoReturn:
        raise ApiUnreachable("The API server does not answer.")

    machine.kube = away
    out, err = machine.labctl("trace", TAG)
    assert out.splitlines()[-1].startswith("Identical: ")
    assert "The API server does not answer: containers that run an older image" in err


@pytest.mark.parametrize("argv", [["trace"], ["trace", "a b"], ["trace", TAG, "--name", "other"]])
def test_a_call_that_can_not_be_meant_is_exit_2(machine: Machine, argv: list[str]) -> None:
    assert machine.labctl(*argv, code=2)[0] == ""


def test_an_image_that_is_nowhere_is_exit_4_with_the_closest_name(machine: Machine) -> None:
    out, err = machine.labctl("trace", "model-sever:v1", code=4)
    assert out == ""
    assert f"Did you mean {TAG}?" in err


def test_without_a_lab_it_is_exit_4(machine: Machine) -> None:
    machine.nodes_run = {}
    out, err = machine.labctl("trace", TAG, code=4)
    assert (out, err) == ("", "Error: No lab is running.\nStart one with: labctl up\n")


@pytest.mark.parametrize("command", [IMAGES, "crictl version", "crictl ps --output json"])
def test_a_node_that_can_not_be_read_is_exit_5_and_named(machine: Machine, command: str) -> None:
    del machine.exec.answers[CRIO.node][command]
    out, err = machine.labctl("trace", TAG, code=5)
    assert out == ""
    assert f"'crictl' failed on node '{CRIO.node}': no such thing" in err


def test_help_has_an_example(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.labctl("trace", "--help")
    text = capsys.readouterr().out
    assert f"Example: labctl trace {TAG}" in text
    assert max(map(len, text.splitlines())) <= 80
