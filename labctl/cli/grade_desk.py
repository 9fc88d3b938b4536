"""Labs and clusters for `labctl grade`: the real things behind labctl.ops.grade.grading."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from labctl.catalog import Catalog, Lab, labs_folder
from labctl.cli.app import App
from labctl.cli.lab_stand import BareStage, LabStand
from labctl.errors import UsageError
from labctl.grades import Grade
from labctl.interrupts import shielded
from labctl.model import ANY_LAB, Cluster, OciRuntime, Runtime
from labctl.ops.clusters import refuse_running
from labctl.ops.down import down
from labctl.ops.grade.account import work_kubeconfig
from labctl.ops.grade.grading import FreshLab
from labctl.ops.ports import Progress
from labctl.ops.scripts import Scripts
from labctl.ops.up import up
from labctl.ops.wish import Wish
from labctl.receipt import ClusterOf
from labctl.requirements import unmet
from labctl.results import Report
from labctl.texts import Texts
from labctl.tools.kube import Kube


@dataclass
class WorkStand:
    """A lab with a learner's work on it. `trust` is for scripts and for manifests of any kind."""

    app: App
    stand: LabStand
    trust: bool

    @property
    def work(self) -> Path:
        """The learner's working folder."""
        return self.stand.work

    def enter(self) -> None:
        """Bring the lab onto the cluster."""
        self.stand.enter()

    def leave(self) -> None:
        """Take it off again."""
        self.stand.leave()

    def run(self, script: Path) -> None:
        """Run a script in the working folder."""
        scripts = Scripts(
            self.stand.lab,
            self.stand.cluster,
            self.app.process,
            kubeconfig=self.app.kubeconfig(self.stand.cluster.name),
            path=self.app.settings.environ.get("PATH", ""),
            work=self.work,
        )
        scripts.run_text(f"bash -eu {quote(str(script))}")

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Apply manifests; without trust, with an account that has the lab's namespace alone."""
        kube, namespace = self.app.kube(self.stand.cluster.name), self.stand.lab.namespace
        if self.trust:
            kube.apply(documents, namespace=namespace)
            return
        with tempfile.TemporaryDirectory(prefix="labctl-grade-") as folder:
            path = Path(folder) / "kubeconfig"
            path.write_text(work_kubeconfig(kube, namespace), encoding="utf-8")
            Kube(path).apply(documents, namespace=namespace)

    def check(self, *, patience: float) -> Report:
        """The checks, with their whole time."""
        return self.stand.check(patience=patience)


@dataclass
class Desk:
    """A teacher's own labs, and clusters that are made for a while."""

    teacher: App
    """Whose word it is that a lab's code may run."""
    app: App
    """With a state folder of its own."""
    progress: Progress
    trust: bool
    """In the learners' work."""

    def get(self, lab_id: str, seed: int) -> Lab:
        """A lab of this course with a learner's parameters.

        Raises:
            PrerequisiteMissing: it did not come with labctl, and the teacher does not trust it.
        """
        found = Catalog(labs_folder(self.app.settings.labs), seed=lambda: seed).get(lab_id)
        self.teacher.trusted(found)
        # Learners' scripts may call labctl, which asks there.
        self.app.trust = True
        return self.app.trusted(found)

    def words(self, grade: Grade) -> tuple[Texts, dict[str, str]]:
        """What a grade's lab says about its codes and checks."""
        lab = self.get(grade.lab, grade.receipt.seed if grade.receipt else 0)
        texts = lab.texts(self.app.settings.language)
        return texts, lab.check_titles(texts)

    @contextmanager
    def cluster(self, lab: Lab, shape: ClusterOf) -> Iterator[Callable[[Lab], FreshLab]]:
        """A cluster of that shape, with a name of its own, gone when the block ends."""
        asked = _wish(f"grade-{secrets.token_hex(3)}", shape)
        _refuse_unmet(lab, shape, asked)
        refuse_running(self.app.engine, [lab.id])
        folder = Path(tempfile.mkdtemp(prefix="labctl-grade-"))
        try:
            stage = BareStage(self.app, lab, self.progress, folder, pull=True)
            ports = self.app.ports(self.progress)
            checkpoints = self.app.checkpoints(ports, spares=False)
            space = self.app.free_space
            made = up(asked, stage, ports, free_space=space, checkpoints=checkpoints).cluster
            yield lambda one: self._stand(one, made, folder)
        finally:
            with shielded(), self.progress.phase(f"Remove cluster '{asked.name}'"):
                down(asked.name, self.app.engine, self.app.store, remove_starter=lambda _: ())
            shutil.rmtree(folder, ignore_errors=True)

    def _stand(self, lab: Lab, made: Cluster, folder: Path) -> WorkStand:
        work = folder / lab.id
        return WorkStand(self.app, LabStand(self.app, lab, made, self.progress, work), self.trust)


def _wish(name: str, shape: ClusterOf) -> Wish:
    historic = Runtime.DOCKERSHIM in shape.runtimes
    return Wish(
        name,
        ANY_LAB,
        kubernetes=None if historic else shape.kubernetes,
        runtimes=shape.runtimes,
        oci_runtime=OciRuntime(shape.oci_runtime),
        nodes=None if historic else shape.nodes,
    )


def _refuse_unmet(lab: Lab, shape: ClusterOf, asked: Wish) -> None:
    lacking = unmet(lab.file, kubernetes=shape.kubernetes, runtimes=asked.layout())
    if lacking:
        raise UsageError(f"Lab '{lab.id}' can't run on the receipt's cluster: {lacking[0]}.")
