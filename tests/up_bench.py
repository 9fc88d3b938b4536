"""A machine to start labs on: fakes for engine, kind, API server and what a lab puts there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from labctl.errors import ToolFailed
from labctl.model import RUNTIMES, Cluster, NodeImage, OciRuntime, Runtime
from labctl.nodeimage.recipe import image_tag
from labctl.ops.checkpoint_auto import AutoCheckpoints
from labctl.ops.checkpoints import Keeping
from labctl.ops.create import Ports, remove
from labctl.ops.up import Checkpoints, Stage, Up, up
from labctl.ops.wish import Wish
from labctl.store import Store
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import (
    STARTED,
    FakeEngine,
    FakeKind,
    FakeProgress,
    FakeRunner,
    FakeTime,
    node_image,
)
from tests.object_fakes import FakeObjects

NODE_IMAGES = tuple(image_tag(version, one) for version in ("1.36.3", "1.34.4") for one in RUNTIMES)


@dataclass
class FakeStage:
    done: list[str] = field(default_factory=list)
    fail_at: str = ""
    error: BaseException = field(default_factory=lambda: ToolFailed("did not work"))
    asked: tuple[Runtime, ...] = ()
    layout: tuple[Runtime, ...] = ()
    """The runtime of each node, as the lab is asked whether it can do with it."""

    def check_needs(self, kubernetes: str | None, runtimes: Sequence[Runtime]) -> None:
        self.layout = tuple(runtimes)

    def node_images(
        self, kubernetes: str | None, runtimes: Sequence[Runtime], oci_runtime: OciRuntime
    ) -> Mapping[Runtime, NodeImage]:
        self._do("node images")
        self.asked = tuple(runtimes)
        version = kubernetes or "1.36.3"
        return {one: NodeImage(image_tag(version, one), version, one, own=True) for one in runtimes}

    def build_images(self) -> None:
        self._do("build")

    def load_base(self, cluster: Cluster) -> None:
        self._do("load base")

    def load_images(self, cluster: Cluster) -> None:
        self._do("load")

    def set_scene(self, cluster: Cluster) -> None:
        self._do("scene")

    def _do(self, name: str) -> None:
        self.done.append(name)
        if name == self.fail_at:
            raise self.error


@dataclass
class Bench:
    """One machine: engine, kind, API server and state folder."""

    home: Path
    engine: FakeEngine = field(default_factory=FakeEngine)
    stage: FakeStage = field(default_factory=FakeStage)
    objects: FakeObjects = field(
        default_factory=lambda: FakeObjects.ready("labctl-serve-control-plane")
    )
    others: dict[str, FakeObjects] = field(default_factory=dict)
    """Other clusters' API servers, by the clusters' names."""
    progress: FakeProgress = field(default_factory=FakeProgress)
    free: int | None = 50 << 30
    runner: FakeRunner = field(default_factory=FakeRunner)

    def __post_init__(self) -> None:
        self.kind = FakeKind(self.engine)
        self.storage = FakeStorage(self.engine)
        self.engine.stored |= {tag: node_image(tag) for tag in NODE_IMAGES}
        self.store = Store(self.home)
        self.ports = Ports(
            self.engine,
            self.kind,
            lambda name: self.others.get(name, self.objects),
            self.store,
            self.progress,
            FakeTime().clock(),
        )

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.storage, self.runner, lambda: STARTED, lambda: self.free)

    @property
    def auto(self) -> AutoCheckpoints:
        return AutoCheckpoints(self.ports, self.keeping, lambda _: self.objects)

    def down(self, name: str = "serve") -> None:
        remove(name, self.ports)

    def up(
        self,
        *,
        checkpoints: Checkpoints | None = None,
        recreate: bool = False,
        keep: bool = False,
        stage: Stage | None = None,
        **wish: object,
    ) -> Up:
        whole = replace(Wish("serve", "serve"), **wish)  # type: ignore[arg-type]
        return up(
            whole,
            stage or self.stage,
            self.ports,
            free_space=lambda: self.free,
            checkpoints=checkpoints,
            recreate=recreate,
            keep_on_error=keep,
        )

    def leftovers(self) -> list[str]:
        images = [name for name in self.engine.stored if name not in NODE_IMAGES]
        files = [path.name for path in self.home.rglob("*") if path.is_file()]
        nodes = [node.name for node in self.engine.rows]
        left = [*images, *self.storage.made, *self.engine.networks, *nodes, *files]
        return [name for name in left if name != "README" and not name.endswith(".lock")]
