"""A machine on which whole clusters come and go: fakes below labctl's command line."""

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.cli import run
from labctl.cli.app import App
from labctl.nodeimage.recipe import image_tag
from labctl.resource import Resource
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import FakeEngine, FakeKind, FakeRunner, node_image
from tests.kube_fake import FakeKube
from tests.lab_factory import labs
from tests.object_fakes import FakeObjects
from tests.pairs import node_images

NODES = tuple(f"labctl-tiny-{name}" for name in ("control-plane", "worker", "worker2", "worker3"))


@dataclass
class ReadyKube(FakeKube):
    """An API server that takes objects, of a cluster that is ready."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    cluster: str = "tiny"

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
        *,
        all_namespaces: bool = False,
    ) -> tuple[Resource, ...]:
        kind_name = f"labctl-{self.cluster}"
        nodes = [one.name for one in self.engine.nodes() if one.kind_cluster == kind_name]
        ready = FakeObjects.ready(*nodes) if nodes else FakeObjects()
        if kind in ready.kinds:
            return ready.list(api_version, kind, namespace)
        return super().list(api_version, kind, namespace, selector, all_namespaces=all_namespaces)


class Machine:
    """labctl with the tiny lab, an engine that has every pinned node image, and kind."""

    def __init__(self, folder: Path, engine: FakeEngine | None = None) -> None:
        environ = {"LABCTL_HOME": str(folder / "home"), "LABCTL_LABS": str(labs(folder / "labs"))}
        self.settings = Settings.read({**os.environ, **environ})
        tags = [image_tag(release, runtime) for release, runtime in node_images()]
        self.engine = engine or FakeEngine()
        self.engine.stored.update({tag: node_image(tag) for tag in tags})
        self.storage = FakeStorage(self.engine)
        self.kube = ReadyKube(engine=self.engine)
        self.said = ""

    def labctl(self, *argv: str, code: int = 0) -> str:
        out, err = io.StringIO(), io.StringIO()
        console = Console(no_color=True, out=out, err=err)
        app = App(self.settings, console, trust=True)
        vars(app).update(
            engine=self.engine,
            kind=FakeKind(self.engine),
            process=FakeRunner(),
            kube=lambda name: replace(self.kube, cluster=name),
            free_space=lambda: None,
            keeping=self.storage.keeping,
        )
        assert run(argv, app) == code, err.getvalue()
        self.said = err.getvalue()
        return out.getvalue()

    def json(self, *argv: str) -> Any:
        return json.loads(self.labctl(*argv, "--output", "json"))
