"""Images from both of Docker's stores, into real containerds."""

import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labctl.archive_bundle import About, Bundled, pack, unpack, verify
from labctl.errors import PrerequisiteMissing
from labctl.ops.load import Loaded, Result, load
from labctl.tools.cri.containerd import Containerd
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process
from tests.fakes import FakeProgress
from tests.node_fixtures import NodeMaker

pytestmark = pytest.mark.docker


@dataclass
class Source:
    """An engine to build on; `made` has the names and ids to remove at the end."""

    process: Process
    environ: Mapping[str, str]
    engine: DockerEngine
    folder: Path
    made: list[str] = field(default_factory=list)

    def build(self, tag: str, size: int, *options: str) -> str:
        """Build an image with `size` random bytes; answers its tag."""
        (self.folder / "content").write_bytes(os.urandom(size))
        (self.folder / "Dockerfile").write_text('FROM scratch\nCOPY content /\nCMD ["/app"]\n')
        argv = ["docker", "buildx", "build", "--quiet", *options, "--tag", tag, str(self.folder)]
        image_id = self.process.run(argv, timeout=120, env=self.environ).stdout.strip()
        self.made += [tag, image_id]
        return tag


@pytest.fixture(params=["overlay2", "containerd"])
def source(request: pytest.FixtureRequest, process: Process, tmp_path: Path) -> Iterator[Source]:
    containerd = request.param == "containerd"
    environ = request.getfixturevalue("containerd_store") if containerd else dict(os.environ)
    engine = DockerEngine(environ)
    if engine.info().containerd_store != containerd:
        engine.api.close()
        pytest.skip(f"this engine does not have the {request.param} store")
    built = Source(process, environ, engine, tmp_path)
    yield built
    for reference in built.made:
        engine.untag(reference)
    engine.api.close()


@pytest.fixture
def tag() -> str:
    return f"load-{uuid.uuid4().hex[:8]}:1"


@pytest.fixture(scope="module")
def nodes(make_node: NodeMaker) -> list[Containerd]:
    return [make_node(), make_node()]


def run(source: Source, nodes: list[Containerd], tag: str) -> tuple[Loaded, ...]:
    return load(source.engine, nodes, [tag], progress=FakeProgress())


def test_every_node_resolves_the_name_to_the_image_that_was_built(
    source: Source, nodes: list[Containerd], tag: str
) -> None:
    source.build(tag, 3 << 20)
    first = run(source, nodes, tag)
    assert [one.result for one in first] == [Result.LOADED, Result.LOADED]
    name = f"docker.io/library/{tag}"
    assert [node.images().get(name) for node in nodes] == [first[0].digest] * 2
    assert [one.result for one in run(source, nodes, tag)] == [Result.THERE, Result.THERE]


def test_a_new_build_under_the_same_name_replaces_the_old_one(
    source: Source, nodes: list[Containerd], tag: str
) -> None:
    source.build(tag, 1000)
    old = run(source, nodes, tag)[0].digest
    source.build(tag, 1000)
    new = run(source, nodes, tag)[0].digest
    assert nodes[0].images().get(f"docker.io/library/{tag}") == new != old


def test_an_image_for_another_architecture_is_refused(
    source: Source, nodes: list[Containerd], tag: str
) -> None:
    source.build(tag, 1000, "--platform=linux/riscv64")
    with pytest.raises(PrerequisiteMissing, match="linux/riscv64"):
        run(source, nodes, tag)


def test_a_node_that_dies_under_way_is_named_and_the_other_is_served(
    source: Source, make_node: NodeMaker, nodes: list[Containerd], tag: str, process: Process
) -> None:
    dying = make_node()

    class KillOnTheWay(FakeProgress):
        def detail(self, text: str) -> None:
            if text == "20 MiB sent" and "killed" not in self.said:
                self.note("killed")
                process.run(["docker", "kill", dying.node], timeout=60)

    source.build(tag, 200 << 20)
    outcome = load(source.engine, [dying, nodes[0]], [tag], progress=KillOnTheWay())
    assert [one.result for one in outcome] == [Result.FAILED, Result.LOADED]
    assert dying.node in outcome[0].reason


def test_an_engine_loads_a_bundle_that_was_made_of_its_images(
    source: Source, tag: str, tmp_path: Path
) -> None:
    engine = source.engine
    image = engine.image(source.build(tag, 5 << 20))
    assert image
    about = About("1.36.3", "containerd", (Bundled(tag, image.image_id),))
    with (tmp_path / "bundle").open("w+b") as file:
        file.writelines(pack(engine.save([tag]), about))
        engine.untag(tag)
        assert engine.image(tag) is None
        file.seek(0)
        assert verify(file) == about
        file.seek(0)
        engine.load(unpack(file))
    loaded = engine.image(tag)
    assert loaded
    assert loaded.image_id == image.image_id
