"""`labctl check`: see that the cluster can be asked, run the checks, remember what failed."""

from typing import Protocol

from labctl.catalog import Lab
from labctl.errors import PrerequisiteMissing
from labctl.lab_digest import lab_digest
from labctl.learner import Record
from labctl.model import Cluster
from labctl.ops import reader
from labctl.ops.learner_progress import LearnerProgress
from labctl.results import CheckResult, Fault, Outcome, Report, StepResult
from labctl.store import Store


class Kube(reader.Kube, Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def ready(self) -> bool: ...  # noqa: D102


class Checks(Protocol):
    """What runs checks; see labctl.checks.runner."""

    def run(  # noqa: D102
        self, lab: Lab, cluster: Cluster, kubeconfig: str, *, step: str | None = None
    ) -> Report: ...


def check(
    lab: Lab,
    cluster: Cluster,
    kube: Kube,
    checks: Checks,
    store: Store,
    *,
    learner: Record | None = None,
    step: str | None = None,
) -> Report:
    """The results of a lab's checks, of all steps or one.

    An API server that does not answer makes every check an `error`: nobody's work was looked at.

    Raises:
        PrerequisiteMissing: the cluster's nodes don't run.
        UsageError: there is no such step.
    """
    if step is not None:
        lab.step(step)
    spared = lab.file.cluster.workers_may_stop
    stopped = [
        node.name
        for node in cluster.nodes
        if not node.running and not (spared and node.role == "worker")
    ]
    if stopped:
        raise PrerequisiteMissing(
            f"Lab '{cluster.name}' is stopped: node '{stopped[0]}' does not run.",
            hint=f"Start it again with: labctl up {lab.id} --name {cluster.name}",
        )
    if not kube.ready():
        return _unreachable(lab, cluster, step)
    report = checks.run(lab, cluster, reader.reader_kubeconfig(kube), step=step)
    progress = LearnerProgress.load(store, cluster.name)
    progress.saw(report)
    progress.save(store, cluster.name)
    if learner is not None:
        learner.saw(report, digest=lab_digest(lab.folder))
    return report


def _unreachable(lab: Lab, cluster: Cluster, step: str | None) -> Report:
    message = "The cluster's API server does not answer."
    steps = tuple(
        StepResult(
            one.id,
            tuple(
                CheckResult(name, name, Outcome.ERROR, message=message, fault=Fault.API)
                for name in one.checks
            ),
        )
        for one in lab.file.steps
        if step in (None, one.id)
    )
    return Report(lab.id, cluster.name, steps, 0.0, whole=step is None)
