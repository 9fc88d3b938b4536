"""`labctl load` and `labctl node-image` as a program: no engine, no node."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.model import KIND_CLUSTER, LABEL_CLUSTER, LABEL_LAB, LABEL_RUNTIME, Node, Runtime
from labctl.nodeimage.recipe import image_tag
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.image_fakes import FakeImages
from tests.node_exec import DockerExec

Run = Callable[..., tuple[int, str, str]]
CONTROL_PLANE = "labctl-serve-a-model-control-plane"
WORKER = "labctl-serve-a-model-worker"
NODE_IMAGE = "labctl/node:v1.36.3-containerd"


@dataclass
class Machine(FakeImages):
    """An engine with images and a running lab."""

    runtimes: dict[str, Runtime] = field(
        default_factory=lambda: dict.fromkeys((CONTROL_PLANE, WORKER), Runtime.CONTAINERD)
    )

    def nodes(self) -> tuple[Node, ...]:
        labels = {KIND_CLUSTER: "labctl-a", LABEL_CLUSTER: "a", LABEL_LAB: "a"}
        return tuple(
            Node(name, "", True, "running", "", {**labels, LABEL_RUNTIME: str(runtime)})
            for name, runtime in self.runtimes.items()
        )


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.add("app:1")
    made.add("labctl/python:3.13")
    return made


@pytest.fixture
def docker_exec(machine: Machine) -> DockerExec:
    return DockerExec.of(**machine.runtimes)


@pytest.fixture
def labctl(machine: Machine, docker_exec: DockerExec, tmp_path: Path) -> Run:
    def call(*argv: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        settings = Settings.read({"PATH": "", "LABCTL_HOME": str(tmp_path / "home")})
        app = App(settings, Console(out=out, err=err))
        vars(app).update(engine=machine, process=docker_exec)
        code = run(argv, app)
        return code, out.getvalue(), err.getvalue()

    return call


def test_load_shows_each_node_within_80_columns(labctl: Run) -> None:
    code, out, err = labctl("load", "app:1")
    lines = out.splitlines()
    assert code == 0
    assert "Sent 16.9 kB of 5 MB, 1 layer of 1.\n" in err
    assert lines[0] == "docker.io/library/app:1"
    assert lines[1].split() == ["NODE", "RESULT", "SENT", "LAYERS", "TIME"]
    assert [line.split()[:2] for line in lines[2:]] == [
        [CONTROL_PLANE, "loaded"],
        [WORKER, "loaded"],
    ]
    assert all("1 of 1" in line for line in lines[2:])
    assert max(map(len, lines)) <= 80


def test_load_again_says_that_nothing_was_sent(labctl: Run) -> None:
    labctl("load", "app:1")
    code, out, err = labctl("load", "app:1")
    assert (code, out.count("already there")) == (0, 2)
    assert "Nothing was sent" in err


def test_load_into_a_mixed_cluster_has_a_line_for_each_node(
    labctl: Run, machine: Machine, docker_exec: DockerExec
) -> None:
    names = (CONTROL_PLANE, WORKER, f"{WORKER}2", f"{WORKER}3", f"{WORKER}4")
    machine.runtimes = dict(zip(names, (Runtime.CONTAINERD, *Runtime), strict=True))
    docker_exec.stores = DockerExec.of(**machine.runtimes).stores
    config = machine.stored["app:1"].image_id
    for result in ("loaded", "already there"):
        code, out, _ = labctl("load", "app:1")
        lines = out.splitlines()[2:]
        assert (code, len(lines)) == (0, 5)
        assert [line.split()[0] for line in lines] == list(names)
        assert all(result in line for line in lines)
    held = [store.held for store in docker_exec.stores.values()]
    assert held == [{"docker.io/library/app:1": config}] * 5


def test_load_as_json_is_one_document(labctl: Run, docker_exec: DockerExec) -> None:
    code, out, _ = labctl("load", "app:1", "--output", "json")
    document = json.loads(out)
    assert (code, document["format"], document["cluster"]) == (0, "labctl/load/v1", "a")
    held = docker_exec.stores[WORKER].held["docker.io/library/app:1"]
    assert [(one["node"], one["result"], one["digest"]) for one in document["results"]] == [
        (CONTROL_PLANE, "loaded", held),
        (WORKER, "loaded", held),
    ]


@pytest.mark.parametrize("output", ["text", "json"])
def test_load_with_one_node_that_fails_is_exit_5_and_shows_both(
    labctl: Run, docker_exec: DockerExec, output: str
) -> None:
    docker_exec.full = {WORKER}
    code, out, err = labctl("load", "app:1", "--output", output)
    assert code == 5
    assert "loaded" in out
    assert "failed" in out
    assert "1 of 2 nodes" in err
    assert f"{WORKER}: docker.io/library/app:1: 'ctr' failed on node" in err
    assert "disk full" in err


def test_load_of_an_image_that_is_not_there_is_exit_4(labctl: Run) -> None:
    code, out, err = labctl("load", "ap:1")
    assert (code, out) == (4, "")
    assert "Did you mean app:1?" in err


def test_load_without_a_lab_is_exit_4(labctl: Run, machine: Machine) -> None:
    machine.runtimes = {}
    code, out, err = labctl("load", "app:1")
    assert (code, out) == (4, "")
    assert "labctl up" in err


@pytest.mark.parametrize("argv", [["load"], ["load", "a b"], ["load", "app:1", "--name", "other"]])
def test_load_that_is_called_wrongly_is_exit_2(labctl: Run, argv: list[str]) -> None:
    assert labctl(*argv)[:2] == (2, "")


def test_node_image_list_without_any_says_how_to_make_one(labctl: Run) -> None:
    code, out, err = labctl("node-image", "list")
    assert (code, out) == (0, "")
    assert "labctl node-image build" in err


def test_node_image_list_as_table_and_as_json(labctl: Run, machine: Machine) -> None:
    machine.add(NODE_IMAGE)
    machine.label(NODE_IMAGE, kind="node-image", kubernetes="1.36.3", runtime="containerd")
    digest = machine.stored[NODE_IMAGE].image_id
    _, out, _ = labctl("node-image", "list")
    assert [line.split() for line in out.splitlines()] == [
        ["KUBERNETES", "RUNTIME", "SIZE", "DIGEST", "AGE", "IMAGE"],
        ["1.36.3", "containerd", "5", "MB", digest[7:19], "unknown", NODE_IMAGE],
    ]
    _, out, _ = labctl("node-image", "list", "--output", "json")
    document = json.loads(out)
    assert document["format"] == "labctl/node-images/v1"
    assert document["node_images"] == [
        {
            "kubernetes": "1.36.3",
            "runtime": "containerd",
            "bytes": 5_000_000,
            "digest": digest,
            "created": None,
            "tags": [NODE_IMAGE],
        }
    ]


@pytest.mark.parametrize(
    ("runtime", "option"),
    [
        (Runtime.CONTAINERD, ""),
        (Runtime.CRIO, " --runtime cri-o"),
        (Runtime.DOCKER, " --runtime docker"),
    ],
)
def test_node_image_export_and_import_carry_the_image_and_the_labs_base(
    labctl: Run, machine: Machine, tmp_path: Path, runtime: Runtime, option: str
) -> None:
    tag = image_tag("1.36.3", runtime)
    machine.add(tag)
    machine.label(tag, kind="node-image", kubernetes="1.36.3", runtime=runtime)
    file = str(tmp_path / "k8s.tar.zst")
    export = ["node-image", "export", "--kubernetes", "1.36", *option.split(), file]
    code, _, err = labctl(*export)
    assert (code, f"{tag} and labctl/python:3.13 written" in err) == (0, True)
    machine.stored.clear()
    code, _, err = labctl("node-image", "import", file)
    assert (code, f"labctl up --kubernetes 1.36.3{option}\n" in err) == (0, True)
    assert set(machine.stored) == {tag, "labctl/python:3.13"}


def test_a_historic_workers_image_is_imported_for_the_historic_cluster(
    labctl: Run, machine: Machine, tmp_path: Path
) -> None:
    tag = image_tag("1.23.17", Runtime.DOCKERSHIM)
    machine.add(tag)
    machine.label(tag, kind="node-image", kubernetes="1.23.17", runtime="dockershim")
    file = str(tmp_path / "k8s.tar.zst")
    export = ["node-image", "export", "--kubernetes", "1.23", "--runtime", "dockershim", file]
    assert labctl(*export)[0] == 0
    machine.stored.clear()
    code, _, err = labctl("node-image", "import", file)
    assert (code, "labctl up --history dockershim\n" in err) == (0, True)
    assert set(machine.stored) == {tag, "labctl/python:3.13"}


def test_node_image_import_of_something_else_is_exit_2(labctl: Run, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    assert labctl("node-image", "import", str(tmp_path / "photo.jpg"))[0] == 2
    assert labctl("node-image", "import", str(tmp_path / "missing"))[0] == 2


@pytest.mark.parametrize(
    "verb",
    [
        "load",
        "node-image",
        *(f"node-image {verb}" for verb in ("list", "build", "export", "import")),
    ],
)
def test_help_has_an_example(labctl: Run, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = labctl(*verb.split(), "--help")
    text = capsys.readouterr().out
    assert (code, f"Example: labctl {verb}" in text) == (0, True)
    assert max(map(len, text.splitlines())) <= 80
