"""The composition root: the only place where use cases meet the tools that they run on."""

import shutil
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from labctl.settings import Settings
from labctl.store import Store
from labctl.ui.console import Console

if TYPE_CHECKING:
    from labctl.catalog import Catalog, Lab
    from labctl.checks.runner import CheckRunner
    from labctl.learner import Learner
    from labctl.model import Cluster
    from labctl.ops.checkpoint_auto import AutoCheckpoints
    from labctl.ops.checkpoints import Keeping
    from labctl.ops.create import Ports
    from labctl.ops.ports import Progress
    from labctl.tools.engine import DockerEngine
    from labctl.tools.kind import Kind
    from labctl.tools.kube import Kube
    from labctl.tools.process import Process


@dataclass
class App:
    """What a command needs, made when first asked for: `--help` loads none of it."""

    settings: Settings
    console: Console = field(default_factory=Console)
    trust: bool = False
    """Whether the command line trusts a lab that did not come with labctl."""

    @cached_property
    def store(self) -> Store:
        """The state folder."""
        return Store(self.settings.home)

    @cached_property
    def learner(self) -> "Learner":
        """The learner's progress through all labs."""
        from labctl.learner import Learner  # noqa: PLC0415

        return Learner(self.settings.learner, say=self.console.talk)

    @cached_property
    def process(self) -> "Process":
        """The door to outside programs."""
        from labctl.tools.process import Process  # noqa: PLC0415 - see the class

        return Process(self.settings.environ)

    @cached_property
    def engine(self) -> "DockerEngine":
        """The Docker Engine; nothing is asked of it yet."""
        from labctl.tools.engine import DockerEngine  # noqa: PLC0415

        return DockerEngine(self.settings.environ)

    @cached_property
    def kind(self) -> "Kind":
        """The kind program."""
        from labctl.tools.kind import Kind  # noqa: PLC0415

        return Kind(self.process)

    def kube(self, name: str) -> "Kube":
        """The API server of a cluster, by the kubeconfig that labctl keeps for it."""
        from labctl.tools.kube import Kube  # noqa: PLC0415

        return Kube(self.kubeconfig(name))

    def kubeconfig(self, name: str) -> Path:
        """The cluster's own kubeconfig; one that got lost is written again."""
        path = self.store.kubeconfig(name)
        if path.is_file() and path.stat().st_size:
            return path
        from labctl.ops.clusters import find  # noqa: PLC0415
        from labctl.ops.create import restore_kubeconfig  # noqa: PLC0415

        found = find(self.engine, name)
        kind_name = found.kind_name if found else f"labctl-{name}"
        return restore_kubeconfig(name, kind_name, self.kind, self.store)

    def free_space(self) -> int | None:
        """Bytes free on the engine's disk; None where it is another machine's."""
        root = self.engine.info().data_root
        return shutil.disk_usage(root).free if root.is_dir() else None

    @cached_property
    def catalog(self) -> "Catalog":
        """The labs: the shipped course, or the folder that LABCTL_LABS names."""
        from labctl.catalog import Catalog, labs_folder  # noqa: PLC0415

        def seed() -> int:  # asked for seldom, and Learner takes long to load
            return self.learner.seed()

        return Catalog(labs_folder(self.settings.labs), seed=seed)

    def trusted(self, lab: "Lab") -> "Lab":
        """The lab, when its code may be run; see labctl.ops.trust for the error."""
        from labctl.catalog import labs_folder  # noqa: PLC0415
        from labctl.ops.trust import require_trust  # noqa: PLC0415

        if not lab.folder.resolve().is_relative_to(labs_folder(None).resolve()):
            ask = self.console.confirm if self.console.can_ask else None
            require_trust(lab, self.store, given=self.trust, ask=ask)
        return lab

    def use_labs(self, folder: Path) -> None:
        """Take the labs of another folder, for this command and those that it starts."""
        environ = {**self.settings.environ, "LABCTL_LABS": str(folder)}
        self.settings = replace(self.settings, labs=folder, environ=environ)
        for name in ("catalog", "process"):
            self.__dict__.pop(name, None)

    def ports(self, progress: "Progress") -> "Ports":
        """What making and repairing a cluster needs."""
        from labctl.ops.create import Ports  # noqa: PLC0415

        return Ports(self.engine, self.kind, self.kube, self.store, progress)

    def keeping(self) -> "Keeping":
        """What taking and restoring checkpoints needs, beside the ports."""
        from datetime import UTC, datetime  # noqa: PLC0415 - see labctl.cli.list

        from labctl.ops.checkpoints import Keeping  # noqa: PLC0415
        from labctl.tools.engine_volumes import EngineVolumes  # noqa: PLC0415

        return Keeping(
            EngineVolumes(self.engine), self.process, lambda: datetime.now(UTC), self.free_space
        )

    def checkpoints(self, ports: "Ports", *, spares: bool = True) -> "AutoCheckpoints":
        """The checkpoints that starting a cluster makes and uses, and the spare where it may."""
        from labctl.ops.checkpoint_auto import AutoCheckpoints  # noqa: PLC0415

        return AutoCheckpoints(ports, self.keeping(), self.kube, spares)

    def checks(self, cluster: str, **patience: float) -> "CheckRunner":
        """What runs a lab's checks, with the learner's folder of that cluster."""
        from labctl.checks.runner import CheckRunner  # noqa: PLC0415
        from labctl.cli.stage import learner_folder  # noqa: PLC0415

        work = learner_folder(self, cluster)
        return CheckRunner(self.process, self.settings.environ, work, **patience)

    def target(self, name: str | None, lab: str | None = None) -> "Cluster":
        """The running lab that is meant; see labctl.ops.lab_target for the errors."""
        from labctl.cli.stage import work_folder  # noqa: PLC0415
        from labctl.ops.lab_target import resolve  # noqa: PLC0415

        def works_here(cluster: str) -> bool:
            folder = work_folder(self, cluster)
            return folder is not None and Path.cwd().is_relative_to(folder)

        name = name or self.settings.cluster
        return resolve(self.engine, name=name, lab=lab, works_here=works_here)
