"""A machine with a cluster of two nodes of which checkpoints are taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import ToolFailed
from labctl.model import RUNTIMES, ClusterSpec, NodeImage
from labctl.nodeimage.recipe import image_tag
from labctl.ops.checkpoint_take import take
from labctl.ops.checkpoints import READY, SAVED, Checkpoint, kept
from labctl.ops.create import create
from tests.fakes import FakeEngine, FakeRunner, Said
from tests.up_bench import Bench

CONTAINERD, CRIO, _ = RUNTIMES
IMAGES = tuple(
    NodeImage(image_tag("1.36.3", one), "1.36.3", one, own=True) for one in (CONTAINERD, CRIO)
)
SPEC = ClusterSpec("serve", "serve", IMAGES)
FIRST, SECOND = NODES = ("labctl-serve-control-plane", "labctl-serve-worker")
KINDS = pytest.mark.parametrize("kind", [READY, SAVED])


@dataclass
class Nodes(FakeRunner):
    """`docker exec -i` on a FakeEngine's nodes; a paused one refuses."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    told: dict[str, str] = field(default_factory=dict)

    def run(self, argv: Sequence[str], *, timeout: float, **options: Any) -> Said:
        assert tuple(argv[:3]) == ("docker", "exec", "-i")
        if not next(node.running for node in self.engine.rows if node.name == argv[3]):
            raise ToolFailed("cannot exec in a paused container")
        self.told[argv[3]] = options["stdin"].decode()
        return super().run(argv, timeout=timeout)


def bench_on(engine: FakeEngine, folder: Path) -> Bench:
    made = Bench(folder / "home", engine=engine, runner=Nodes(engine=engine))
    create(SPEC, made.ports)
    return made


def taken(bench: Bench, kind: str) -> Checkpoint:
    return take("mine", kind, SPEC, bench.ports, bench.keeping)


def images(bench: Bench) -> set[str]:
    return {tag for tag in bench.engine.stored if tag.startswith("labctl/checkpoint:")}


def nothing_is_left(bench: Bench) -> bool:
    there = kept(bench.engine, bench.storage)
    return (there.whole, there.parts, bench.storage.made, images(bench)) == ((), {}, {}, set())


def all_go_on(bench: Bench) -> bool:
    return [node.name for node in bench.engine.rows if node.running] == list(NODES)
