"""The image stores of nodes, by what crictl says and what puts images in."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, ToolTimeout
from labctl.model import LABEL_RUNTIME, Node, Runtime
from labctl.tools.cri import node_store
from labctl.tools.cri.containerd import Containerd
from labctl.tools.cri.crio import Crio
from labctl.tools.cri.docker import Docker
from labctl.tools.cri.dockershim import Dockershim
from labctl.tools.cri.node import NodeStore
from tests.fakes import FakeTime

HEX = "d" * 64
NAME = "docker.io/library/model-server:v1"


@dataclass(frozen=True)
class Said:
    stdout: str


@dataclass
class FakeProcess:
    """Says one thing, or fails; remembers command lines and what went in."""

    says: str = ""
    fails: ToolFailed | None = None
    failures: int | None = None
    """How many calls fail, from the first on; None: every one."""
    calls: list[tuple[str, ...]] = field(default_factory=list)
    sent: bytes = b""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: bytes | Iterable[bytes] | None = None,
    ) -> Said:
        assert timeout > 0
        self.calls.append(tuple(argv))
        if stdin is not None:
            self.sent += stdin if isinstance(stdin, bytes) else b"".join(stdin)
        if self.fails and (self.failures is None or len(self.calls) <= self.failures):
            raise self.fails
        return Said(self.says)


IN_USE = ToolFailed("'docker' exited with 1.", details=("image is in use by a container",))


@pytest.mark.parametrize("times", [0, 2])
def test_an_image_is_removed_when_the_dead_containers_are_gone(times: int) -> None:
    process = FakeProcess(fails=IN_USE, failures=times)
    Crio(process, "n1", clock=FakeTime().clock()).remove(NAME)
    assert len(process.calls) == times + 1


def test_an_image_that_stays_in_use_is_told_and_any_other_failure_at_once() -> None:
    busy = Crio(FakeProcess(fails=IN_USE), "n1", clock=FakeTime().clock())
    with pytest.raises(ToolTimeout, match="a container still uses it"):
        busy.remove(NAME)
    process = FakeProcess(fails=ToolFailed("no such image"))
    with pytest.raises(ToolFailed, match="no such image"):
        Crio(process, "n1").remove(NAME)
    assert len(process.calls) == 1


def node(runtime: str | None) -> Node:
    labels = {LABEL_RUNTIME: runtime} if runtime else {}
    return Node("n1", "worker", True, "running", "image", labels)


def store(process: FakeProcess, runtime: str = "containerd") -> NodeStore:
    return node_store(process, node(runtime))


def listed(*images: dict[str, Any]) -> FakeProcess:
    return FakeProcess(json.dumps({"images": images}))


@pytest.mark.parametrize(
    ("runtime", "kind"),
    [
        ("containerd", Containerd),
        ("cri-o", Crio),
        ("docker", Docker),
        ("dockershim", Dockershim),
        (None, Containerd),
    ],
)
def test_a_nodes_label_says_what_its_store_is(runtime: str | None, kind: type[NodeStore]) -> None:
    found = node_store(FakeProcess(), node(runtime))
    assert (type(found), found.node) == (kind, "n1")


@pytest.mark.parametrize(
    ("runtime", "image"),
    [
        (Runtime.CONTAINERD, {"id": f"sha256:{HEX}", "repoTags": [NAME]}),
        (Runtime.CRIO, {"id": HEX, "repoTags": [NAME]}),
        (Runtime.DOCKER, {"id": f"sha256:{HEX}", "repoTags": ["model-server:v1"]}),
    ],
)
def test_an_image_is_known_by_its_full_name_and_digest_on_every_runtime(
    runtime: Runtime, image: dict[str, Any]
) -> None:
    process = listed(image)
    assert store(process, runtime).images() == {NAME: f"sha256:{HEX}"}
    assert process.calls == [("docker", "exec", "n1", "crictl", "images", "--output", "json")]


def test_every_name_of_an_image_is_there() -> None:
    names = ["me/app:1", "registry.k8s.io/pause:3.10", "localhost:5000/a/b:c"]
    found = store(listed({"id": "sha256:1", "repoTags": names}), "docker").images()
    assert set(found) == {"docker.io/me/app:1", *names[1:]}


@pytest.mark.parametrize("tags", [[], None, ["<none>:<none>"]])
def test_an_image_that_lost_its_name_is_passed_over(tags: list[str] | None) -> None:
    named = {"id": HEX, "repoTags": ["app:1"]}
    found = store(listed({"id": "0", "repoTags": tags}, named), "docker").images()
    assert found == {"docker.io/library/app:1": f"sha256:{HEX}"}


@pytest.mark.parametrize("said", ["", "no json", "{}", '{"images": [{"repoTags": ["a:1"]}]}'])
def test_an_answer_that_is_none_names_crictl_and_the_node(said: str) -> None:
    with pytest.raises(ToolFailed, match="crictl on node 'n1'"):
        store(FakeProcess(said)).images()


@pytest.mark.parametrize(
    ("runtime", "command"),
    [
        ("containerd", ("ctr", "--namespace", "k8s.io", "images", "import", "-")),
        ("docker", ("docker", "load", "--quiet")),
        ("dockershim", ("docker", "load", "--quiet")),
    ],
)
def test_an_archive_goes_in_by_standard_input(runtime: str, command: tuple[str, ...]) -> None:
    process = FakeProcess()
    store(process, runtime).import_stream(NAME, iter([b"tar ", b"archive"]))
    assert process.calls == [("docker", "exec", "-i", "n1", *command)]
    assert process.sent == b"tar archive"


@pytest.fixture
def crio_script(tmp_path: Path) -> Callable[[bytes], tuple[int, str]]:
    """Runs the node's script here, with a skopeo that only tells what it was asked for."""
    skopeo = tmp_path / "bin/skopeo"
    skopeo.parent.mkdir()
    skopeo.write_text('#!/bin/sh\nlayout=${3#oci:}\necho "$1 $2 $(cat "$layout/index.json") $4"\n')
    skopeo.chmod(0o755)

    def run(archive: bytes) -> tuple[int, str]:
        process = FakeProcess()
        store(process, "cri-o").import_stream(NAME, iter([archive]))
        ((*start, shell, option, script, name, image),) = process.calls
        assert (*start, shell, option) == ("docker", "exec", "-i", "n1", "sh", "-c")
        ran = subprocess.run(
            [shell, option, script.replace("/var/tmp", str(tmp_path)), name, image],  # noqa: S108
            input=archive,
            env={"PATH": f"{skopeo.parent}:/usr/bin:/bin"},
            capture_output=True,
            check=False,
        )
        assert [path.name for path in tmp_path.iterdir()] == ["bin"]
        return ran.returncode, ran.stdout.decode()

    return run


def test_skopeo_copies_from_a_folder_that_is_gone_afterwards(
    crio_script: Callable[[bytes], tuple[int, str]],
) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        index = tarfile.TarInfo("index.json")
        index.size = 5
        tar.addfile(index, io.BytesIO(b"INDEX"))
    whole = archive.getvalue()
    assert crio_script(whole) == (0, f"copy --quiet INDEX containers-storage:{NAME}\n")
    code, said = crio_script(whole[:514])
    assert (code != 0, said) == (True, "")


@pytest.mark.parametrize("runtime", Runtime)
def test_an_import_that_fails_names_program_node_and_reason(runtime: Runtime) -> None:
    failure = ToolFailed("'docker' exited with 1.", details=("first", "no space left on device"))
    with pytest.raises(ToolFailed) as caught:
        store(FakeProcess(fails=failure), runtime).import_stream(NAME, iter([b"x"]))
    program = {"containerd": "ctr", "cri-o": "skopeo"}.get(runtime, "docker")
    wanted = f"'{program}' failed on node 'n1': no space left on device"
    assert caught.value.message == wanted
    assert caught.value.details == ("first", "no space left on device")


def test_a_node_that_takes_too_long_is_a_time_out() -> None:
    with pytest.raises(ToolTimeout, match="'uname' failed on node 'n1': too long"):
        store(FakeProcess(fails=ToolTimeout("too long"))).platform()


@pytest.mark.parametrize(
    ("said", "platform"),
    [
        ("Linux x86_64\n", "linux/amd64"),
        ("Linux aarch64\n", "linux/arm64"),
        ("Linux s390x\n", "linux/s390x"),
    ],
)
def test_a_node_says_what_it_runs(said: str, platform: str) -> None:
    assert store(FakeProcess(said)).platform() == platform


def test_docker_that_is_not_there_stays_a_missing_prerequisite() -> None:
    class Absent(FakeProcess):
        def run(self, *_: object, **__: object) -> Said:
            raise PrerequisiteMissing("'docker' is not installed.")

    with pytest.raises(PrerequisiteMissing):
        store(Absent()).images()
