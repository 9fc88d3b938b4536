"""A lab on a test cluster: the real thing behind labctl.ops.lab_test.stand.Stand."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from labctl.catalog import Lab
from labctl.checks.runner import CheckRunner
from labctl.cli.app import App
from labctl.cli.stage import LabStage
from labctl.errors import ToolFailed
from labctl.image_names import qualified, short
from labctl.manifest_types import FALLBACK
from labctl.model import KIND_CLUSTER, LABEL_LAB, Cluster, Runtime
from labctl.ops import reader
from labctl.ops.lab_test.stand import changed
from labctl.ops.lab_test.state import cluster_state, folder_state, lab_state
from labctl.ops.ports import Progress
from labctl.ops.reset import leave, remove_images, reset
from labctl.ops.runtime_classes import apply_runtime_classes
from labctl.ops.scripts import Scripts
from labctl.ops.solve import Solver
from labctl.ops.starter import copy_starter
from labctl.results import CheckResult, Report
from labctl.tools.cri import node_store
from labctl.tools.cri.node import NodeStore
from labctl.tools.engine_inventory import inventory
from labctl.ui.results import text_lines
from labctl.waiting import Clock

COMMAND: float = 60.0
"""Seconds for a command of a guide or a hint."""


@dataclass
class Inner:
    """Progress of the parts inside one phase: what they do is a detail of it."""

    outer: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Show it as a detail."""
        self.outer.detail(name)
        yield

    def detail(self, text: str) -> None:
        """Hand it on."""
        self.outer.detail(text)

    def note(self, text: str) -> None:
        """A detail too: a hundred resets would fill the screen."""
        self.outer.detail(text)


@dataclass(frozen=True)
class BareStage(LabStage):
    """A cluster without a lab."""

    def check_needs(self, kubernetes: str | None, runtimes: Sequence[Runtime]) -> None:
        """Each lab is asked for itself."""

    def build_images(self) -> None:
        """None yet."""

    def load_images(self, cluster: Cluster) -> None:
        """None yet."""

    def set_scene(self, cluster: Cluster) -> None:
        """What every cluster of labctl has, with the account that checks read by."""
        kube = self.app.kube(cluster.name)
        apply_runtime_classes(cluster, kube)
        kube.apply(reader.account())


@dataclass
class LabStand:
    """One lab on a cluster that others may have used before. `work` is the learner's folder."""

    app: App
    lab: Lab
    cluster: Cluster
    outer: Progress
    work: Path
    make_anew: Callable[[], Cluster] | None = None
    """Makes the cluster once more, for a lab whose start is a new one; None: it is never reset."""
    _seen: dict[str, str] = field(default_factory=dict)
    _cluster_before: dict[str, str] = field(default_factory=dict)
    _engine_before: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _scripts(self) -> Scripts:
        return Scripts(
            self.lab,
            self.cluster,
            self.app.process,
            kubeconfig=self.app.kubeconfig(self.cluster.name),
            path=self.app.settings.environ.get("PATH", ""),
            work=self.work,
        )

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self._scripts, self.app.kube(self.cluster.name), Inner(self.outer))

    @property
    def _nodes(self) -> list[NodeStore]:
        return [node_store(self.app.process, node) for node in self.cluster.nodes]

    def remember(self) -> None:
        """See what is there before the lab comes."""
        self._cluster_before = self._cluster_state()
        self._engine_before = self._engine_state()

    def left(self) -> tuple[str, ...]:
        """What is not as it was then, on this machine and on the cluster: the newest one's start."""
        before = {**self._cluster_before, **self._engine_before}
        return changed(before, {**self._cluster_state(), **self._engine_state()})

    def enter(self) -> None:
        """Bring the lab's images onto the cluster, and its scene."""
        self._images()
        stage = LabStage(self.app, self.lab, Inner(self.outer), self.work, pull=True)
        stage.set_scene(self.cluster)

    def leave(self) -> None:
        """Take the lab off the cluster again."""
        kube = self.app.kube(self.cluster.name)
        leave(self._scripts, kube, self.app.engine, self._nodes)
        shutil.rmtree(self.work, ignore_errors=True)

    def reset(self) -> None:
        """A fresh scene, and a fresh working folder with the starter files."""
        if self.make_anew and self.lab.file.reset == "cluster":
            self._new_cluster(self.make_anew)
        else:
            reset(
                self._scripts,
                self.app.kube(self.cluster.name),
                self.app.engine,
                self._nodes,
                self.app.store,
                progress=Inner(self.outer),
                load=self._images,
            )
        shutil.rmtree(self.work, ignore_errors=True)
        copy_starter(self.lab, self.work)
        self.work.mkdir(parents=True, exist_ok=True)

    def _new_cluster(self, make: Callable[[], Cluster]) -> None:
        """As `labctl reset` does it for such a lab."""
        self.app.engine.remove_containers(f"{LABEL_LAB}={self.lab.id}", without=KIND_CLUSTER)
        remove_images(self._scripts, self.app.engine, ())
        self.cluster = make()
        for stale in ("_scripts", "_solver"):
            self.__dict__.pop(stale, None)
        self._cluster_before = self._cluster_state()
        self.enter()

    def _images(self) -> None:
        """Build and load what is not as it was: looking is quicker than building again."""
        if self._seen and self._stored() == self._seen:
            return
        stage = LabStage(self.app, self.lab, Inner(self.outer), self.work, pull=True)
        stage.build_images()
        stage.load_images(self.cluster)
        self._seen = self._stored()

    def _stored(self) -> dict[str, str]:
        """The lab's images by name, in the engine and on each node."""
        names = [qualified(image.tag) for image in self.lab.file.images]
        images = {name: self.app.engine.image(name) for name in names}
        found = {name: image.image_id if image else "" for name, image in images.items()}
        for node in self._nodes if names else ():
            there = node.images()
            found.update({f"{node.node} {name}": there.get(name, "") for name in names})
        return found

    def check(self, *, patience: float, step: str | None = None) -> Report:
        """The learner's checks."""
        return self._runner(patience).run(self.lab, self.cluster, self._reader(), step=step)

    def check_scene(self) -> tuple[CheckResult, ...]:
        """The scene's own checks, with time to come about."""
        return self._runner(300.0).run_scene(self.lab, self.cluster, self._reader())

    def solve(self, step: str, solution: str) -> None:
        """Apply a solution's files for a step, if it has any."""
        self._solver.solve([step], solution=solution)

    def apply(self, folder: Path, step: str) -> bool:
        """Apply a folder's files for a step; False where it has none."""
        return self._solver.apply(folder, step)

    def run(self, commands: str) -> None:
        """Run command lines as a learner would."""
        self._scripts.run_text(commands, timeout=COMMAND)

    def state(self) -> dict[str, str]:
        """Cluster, engine, the learner's folder and the lab's."""
        return {**self._cluster_state(), **self._engine_state(), **folder_state(self.work)}

    def _cluster_state(self) -> dict[str, str]:
        return cluster_state(self.app.kube(self.cluster.name))

    def _engine_state(self) -> dict[str, str]:
        """With the lab's own files, and without its images: they stay."""
        own = {f"image {short(image.tag)}" for image in self.lab.file.images}
        found = inventory(self.app.engine, cluster=self.cluster.name, labs=(self.lab.id,))
        engine = {key: value for key, value in found.items() if key not in own}
        return {**engine, **lab_state(self.lab.folder)}

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        Clock().sleep(seconds)

    def render(self, report: Report) -> tuple[str, ...]:
        """A report as a learner reads it, without the lines on what to do next."""
        texts = self.lab.texts(FALLBACK)
        lines = text_lines(report, texts, self.lab.check_titles(texts))
        return tuple(line for line, _ in lines)

    def _runner(self, patience: float) -> CheckRunner:
        environ = self.app.settings.environ
        return CheckRunner(self.app.process, environ, self.work, patience=patience)

    def _reader(self) -> str:
        kube = self.app.kube(self.cluster.name)
        if not kube.ready():
            raise ToolFailed("The cluster's API server does not answer.")
        return reader.reader_kubeconfig(kube)


def apart(app: App) -> App:
    """The same tools with a state folder of their own: a learner's progress stays out of it."""
    home = app.store.lab_tests
    settings = replace(
        app.settings,
        home=home,
        learner=home / "progress.json",
        environ={**app.settings.environ, "LABCTL_HOME": str(home)},
        cluster=None,
        lab=None,
        step_summary=None,
    )
    return App(settings, app.console)
