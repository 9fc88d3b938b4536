from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import IO

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, ToolTimeout, UsageError
from labctl.model import ImageInfo, Runtime
from labctl.nodeimage import recipe, versions
from labctl.ops import node_image_build
from tests.fakes import FakeEngine, FakeProgress

TAG = "labctl/node:v1.36.3-containerd"


@dataclass(frozen=True)
class Said:
    stdout: str = ""
    stderr: str = ""


@dataclass
class FakeRunner:
    """Runs nothing: makes the images and files that docker would, and fails where it is told to."""

    engine: FakeEngine
    programs: tuple[str, ...] = ("docker", "mmdebstrap")
    fail: Mapping[str, ToolFailed] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    calls: list[list[str]] = field(default_factory=list)

    def which(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if program in self.programs else None

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes | IO[bytes] | Iterable[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
        stdout: IO[bytes] | None = None,
        cwd: str | None = None,
    ) -> Said:
        call = list(argv)
        self.calls.append(call)
        target = value(call, "--target") or " ".join(call[:2])
        for line in self.lines:
            if on_line:
                on_line(line)
        if target in self.fail:
            raise self.fail[target]
        if target.startswith("facts-"):
            folder = Path(value(call, "--output").removeprefix("type=local,dest="))
            (folder / "versions").write_text("runc=1.1.15\ndebian=13.8\n")
        tag = call[-1] if target == "docker import" else value(call, "--tag")
        if target == "docker pull":
            tag = call[-1]
        if tag:
            labels = dict(word.split("=", 1) for flag, word in pairwise(call) if flag == "--label")
            self.engine.stored[tag] = image(tag, labels, f"sha256:{len(self.calls)}")
        return Said()

    @property
    def targets(self) -> list[str]:
        return [value(call, "--target") or " ".join(call[:2]) for call in self.calls]


def value(argv: Sequence[str], flag: str) -> str:
    return argv[argv.index(flag) + 1] if flag in argv else ""


def image(tag: str, labels: dict[str, str], image_id: str = "sha256:0") -> ImageInfo:
    return ImageInfo(image_id, (tag,), (), "linux", "amd64", 1, None, labels)


class Bench:
    """Ports over fakes."""

    def __init__(self, tmp_path: Path) -> None:
        self.engine = FakeEngine()
        self.runner = FakeRunner(self.engine)
        self.progress = FakeProgress()
        self.scratch = tmp_path
        self.ports = node_image_build.Ports(
            self.runner, self.engine, self.progress, {}, self.scratch
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_build_goes_part_by_part_and_labels_the_image(bench: Bench) -> None:
    built = node_image_build.build("1.36", bench.ports)
    assert (built.tag, built.kubernetes, built.own) == (TAG, "1.36.3", True)
    parts = [part.target for part in recipe.parts(Runtime.CONTAINERD)]
    last = ["facts-containerd", "node-containerd"]
    assert bench.runner.targets == ["mmdebstrap --quiet", "docker import", *parts, *last]
    labels = bench.engine.stored[TAG].labels
    assert labels["dev.labctl.kind"] == "node-image"
    assert labels["dev.labctl.version.runc"] == "1.1.15"
    assert list(bench.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("runtime", "part", "argument"),
    [
        (Runtime.CRIO, "cri-o", "CRI_O_VERSION=1.36.3"),
        (Runtime.DOCKER, "cri-dockerd", "CRI_DOCKERD_VERSION=0.4.3"),
    ],
)
def test_each_runtime_has_an_image_of_its_own(
    bench: Bench, runtime: Runtime, part: str, argument: str
) -> None:
    node_image_build.build("1.36", bench.ports)
    before, parts = set(bench.engine.stored), len(bench.runner.calls)
    built = node_image_build.build("1.36", bench.ports, runtime=runtime)
    assert (built.tag, built.runtime) == (f"labctl/node:v1.36.3-{runtime}", runtime)
    assert set(bench.engine.stored) - before == {built.tag}
    assert bench.engine.stored[built.tag].labels["dev.labctl.runtime"] == runtime
    targets = bench.runner.targets[parts:]
    assert targets[-2:] == [f"facts-{runtime}", f"node-{runtime}"]
    assert part in targets
    assert all(argument in call for call in bench.runner.calls[parts:])


def test_a_pair_that_does_not_exist_starts_nothing(bench: Bench) -> None:
    with pytest.raises(UsageError, match="does not go with cri-o"):
        node_image_build.build("1.37", bench.ports, runtime=Runtime.CRIO)
    assert bench.runner.calls == []


def test_the_same_recipe_is_not_built_twice(bench: Bench) -> None:
    node_image_build.build("1.36", bench.ports)
    calls = len(bench.runner.calls)
    node_image_build.build("1.36", bench.ports)
    assert len(bench.runner.calls) == calls
    assert bench.progress.said[-1] == f"Node image '{TAG}' is up to date."
    node_image_build.build("1.36", bench.ports, force=True)
    assert len(bench.runner.calls) > calls


def test_another_recipe_replaces_the_image(bench: Bench) -> None:
    bench.engine.stored[TAG] = image(TAG, {recipe.LABEL_RECIPE: "older"}, "sha256:old")
    bench.engine.stored["sha256:old"] = image("", {}, "sha256:old")
    node_image_build.build("1.36", bench.ports)
    pins = versions.resolve("1.36", versions.load())
    digest = recipe.recipe_digest(pins, Runtime.CONTAINERD)
    assert bench.engine.stored[TAG].labels[recipe.LABEL_RECIPE] == digest
    assert "sha256:old" not in bench.engine.stored


def test_a_release_without_pins_says_so(bench: Bench) -> None:
    built = node_image_build.build("1.35.4", bench.ports)
    assert built.tag == "labctl/node:v1.35.4-containerd"
    assert any("1.35.4 is not pinned" in line for line in bench.progress.said)
    build = next(call for call in bench.runner.calls if "kubernetes" in call)
    assert "KUBERNETES_VERSION=1.35.4" in build
    assert "COREDNS_VERSION=1.12.1" in build


def test_no_such_version_starts_nothing(bench: Bench) -> None:
    with pytest.raises(UsageError):
        node_image_build.build("latest", bench.ports)
    assert bench.runner.calls == []


def test_a_failure_names_the_part_with_its_last_lines(bench: Bench) -> None:
    bench.runner.fail = {
        "coredns": ToolFailed("'docker' exited with 1.", details=("Dockerfile:9",))
    }
    bench.runner.lines = ("#9 1.0 main.go:3: no space left on device",)
    with pytest.raises(ToolFailed) as error:
        node_image_build.build("1.36", bench.ports)
    assert f"Part 'coredns' of '{TAG}' could not be built" in error.value.message
    assert error.value.details == ("main.go:3: no space left on device",)
    assert "disk space" in error.value.hint
    assert "--target coredns" in error.value.command
    assert TAG not in bench.engine.stored
    assert list(bench.scratch.iterdir()) == []


def test_a_part_that_takes_too_long_is_a_time_out(bench: Bench) -> None:
    bench.runner.fail = {"kubernetes": ToolTimeout("'docker' did not end within 3600 s.")}
    with pytest.raises(ToolTimeout, match="Part 'kubernetes'"):
        node_image_build.build("1.36", bench.ports)


def test_an_interrupted_build_leaves_nothing(bench: Bench) -> None:
    class Stopped(FakeRunner):
        def run(self, argv: Sequence[str], **_: object) -> Said:
            if value(list(argv), "--target") == "facts-containerd":
                raise KeyboardInterrupt
            return super().run(argv, timeout=1.0)

    ports = replace(bench.ports, runner=Stopped(bench.engine))
    with pytest.raises(KeyboardInterrupt):
        node_image_build.build("1.36", ports)
    assert TAG not in bench.engine.stored
    assert list(bench.scratch.iterdir()) == []


def test_a_base_that_can_not_be_made_names_itself(bench: Bench) -> None:
    bench.runner.fail = {"mmdebstrap --quiet": ToolFailed("'mmdebstrap' exited with 25.")}
    with pytest.raises(ToolFailed, match="base image 'labctl/base:trixie'") as error:
        node_image_build.ensure_base(bench.ports)
    assert "debian-archive-keyring" in error.value.hint


def test_without_mmdebstrap_the_base_is_pulled(bench: Bench) -> None:
    bench.runner.programs = ("docker",)
    node_image_build.ensure_base(bench.ports)
    assert bench.runner.targets == ["docker pull"]
    assert bench.engine.stored[recipe.BASE].labels["dev.labctl.kind"] == "base"


def test_without_mmdebstrap_and_registry_there_is_a_hint(bench: Bench) -> None:
    bench.runner.programs = ("docker",)
    bench.runner.fail = {"docker pull": ToolFailed("'docker' exited with 1.")}
    with pytest.raises(PrerequisiteMissing) as error:
        node_image_build.ensure_base(bench.ports)
    assert "mmdebstrap" in error.value.hint


def test_the_labs_base_is_made_once(bench: Bench) -> None:
    assert node_image_build.ensure_lab_base(bench.ports) == recipe.PYTHON
    calls = len(bench.runner.calls)
    assert bench.runner.targets[-1] == "python"
    assert bench.engine.stored[recipe.PYTHON].labels["dev.labctl.kind"] == "base"
    node_image_build.ensure_lab_base(bench.ports)
    assert len(bench.runner.calls) == calls


def test_the_hosts_certificates_go_in_as_a_secret(bench: Bench, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.write_text("x")
    ports = replace(bench.ports, environ={"SSL_CERT_FILE": str(bundle)}, scratch=tmp_path)
    node_image_build.build("1.36", ports)
    assert all(
        value(call, "--secret") == f"id=ca,src={bundle}"
        for call in bench.runner.calls
        if "--target" in call
    )
