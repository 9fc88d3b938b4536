"""What `up` puts on the engine and into a cluster, put together from the use cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labctl.catalog import Lab
from labctl.cli.app import App
from labctl.cli.building import building
from labctl.errors import PrerequisiteMissing, UsageError
from labctl.model import KIND_CLUSTER, LABEL_LAB, Cluster, NodeImage, OciRuntime, Runtime
from labctl.nodeimage import versions
from labctl.nodeimage.recipe import PYTHON
from labctl.ops import node_image, node_image_build
from labctl.ops.lab_images import build_lab_images
from labctl.ops.lab_test.pairs import own_wish
from labctl.ops.load import ensure_loaded
from labctl.ops.ports import Progress
from labctl.ops.runtime_classes import apply_runtime_classes
from labctl.ops.scene import apply_scene
from labctl.ops.scripts import Scripts
from labctl.ops.starter import copy_starter
from labctl.ops.up import up
from labctl.ops.wish import Wish
from labctl.requirements import unmet
from labctl.tools.cri import node_store


@dataclass(frozen=True)
class LabStage:
    """One lab on one machine; the real thing behind labctl.ops.up.Stage."""

    app: App
    lab: Lab
    progress: Progress
    work: Path
    pull: bool

    def check_needs(self, kubernetes: str | None, runtimes: Sequence[Runtime]) -> None:
        """PrerequisiteMissing where the lab can't be done on such a cluster, or this machine."""
        version = node_image.full_version(kubernetes, runtimes[0], self.app.engine)
        if Runtime.DOCKERSHIM in runtimes:
            version = versions.history(versions.load())[runtimes[0]]
        memory = self.app.engine.info().memory
        found = unmet(self.lab.file, kubernetes=version, runtimes=runtimes, memory=memory)
        if found:
            raise PrerequisiteMissing(
                f"Lab '{self.lab.id}' can't be done here: {'; '.join(found)}.",
                hint=f"See what it needs: labctl list. Without options it gets what it needs:"
                f" labctl up {self.lab.id}",
            )

    def node_images(
        self, kubernetes: str | None, runtimes: Sequence[Runtime], oci_runtime: OciRuntime
    ) -> Mapping[Runtime, NodeImage]:
        """The images for a version, pulled or built where they are not there."""
        return node_image.ensure(
            kubernetes,
            runtimes,
            oci_runtime,
            engine=self.app.engine,
            runner=self.app.process,
            build=self._build,
            pull=self.pull,
            progress=self.progress,
        )

    def _build(self, version: str, runtime: Runtime) -> None:
        with building(self.app, self.progress) as ports:
            node_image_build.build(version, ports, runtime=runtime)

    def build_images(self) -> None:
        """Build the lab's images, and the base that they start from where it is not there."""
        images = [(self.lab.folder / image.build, image.tag) for image in self.lab.file.images]
        if images:
            with building(self.app, self.progress) as ports:
                node_image_build.ensure_lab_base(ports)
        build_lab_images(self.lab.id, images, runner=self.app.process, progress=self.progress)

    def load_base(self, cluster: Cluster) -> None:
        """Load what labs' images start from, where the engine has it: most of each image."""
        if self.app.engine.image(PYTHON):
            self._load(cluster, [PYTHON])

    def load_images(self, cluster: Cluster) -> None:
        """Load the lab's images into every node that lacks them."""
        self._load(cluster, [image.tag for image in self.lab.file.images])

    def _load(self, cluster: Cluster, tags: Sequence[str]) -> None:
        nodes = [node_store(self.app.process, node) for node in cluster.nodes]
        ensure_loaded(self.app.engine, nodes, tags, progress=self.progress)

    def set_scene(self, cluster: Cluster) -> None:
        """Apply the scene where it is not there, and give the learner the starter files."""
        with self.progress.phase("Set the scene"):
            kube = self.app.kube(cluster.name)
            apply_runtime_classes(cluster, kube)
            folder = work_folder(self.app, cluster.name) or self.work
            apply_scene(self.lab, kube, scripts(self.app, self.lab, cluster, folder))
            copy_starter(self.lab, folder)
            self.app.store.write(_work_note(self.app, cluster.name), str(folder))


def wish(lab: Lab, name: str, **asked: Any) -> Wish:
    """What is asked for, with the lab's own cluster for what is not."""
    return replace(own_wish(lab, name), **asked)


def recreate(app: App, cluster: Cluster, stage: "LabStage", progress: Progress) -> None:
    """Make a cluster anew as it is: the start of a lab that changes the cluster itself."""
    app.engine.remove_containers(f"{LABEL_LAB}={stage.lab.id}", without=KIND_CLUSTER)
    asked = wish(
        stage.lab,
        cluster.name,
        kubernetes=cluster.kubernetes,
        runtimes=tuple(Runtime(one) for one in cluster.runtimes),
        oci_runtime=OciRuntime(cluster.oci_runtime),
        nodes=len(cluster.nodes),
    )
    ports = app.ports(progress)
    up(
        asked,
        stage,
        ports,
        free_space=app.free_space,
        checkpoints=app.checkpoints(ports),
        recreate=True,
    )


def scripts(app: App, lab: Lab, cluster: Cluster, work: Path | None = None) -> Scripts:
    """What runs a lab's scripts against its cluster."""
    return Scripts(
        lab,
        cluster,
        app.process,
        kubeconfig=app.kubeconfig(cluster.name),
        path=app.settings.environ.get("PATH", ""),
        work=work or learner_folder(app, cluster.name),
    )


def learner_folder(app: App, name: str) -> Path:
    """Where a running lab's starter files are, or would be."""
    return work_folder(app, name) or Path(f"labctl-{name}").absolute()


def folder_for(app: App, name: str, asked: Path | None) -> Path:
    """Where the starter files go; UsageError where a running lab has them in another folder."""
    there = work_folder(app, name)
    if asked and there and there != asked.absolute():
        raise UsageError(
            f"Lab '{name}' has its files in '{there}'. Nothing was changed.",
            hint="Leave out --work, or have a second lab with --name OTHER.",
        )
    return asked.absolute() if asked else learner_folder(app, name)


def work_folder(app: App, name: str) -> Path | None:
    """Where a running lab's starter files were put."""
    note = _work_note(app, name)
    return Path(note.read_text(encoding="utf-8")) if note.is_file() else None


def _work_note(app: App, name: str) -> Path:
    return app.store.cluster_dir(name) / "work"
