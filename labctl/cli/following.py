"""A running lab that is followed: the use case put together with those that tell of changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labctl.cli.app import App
from labctl.cli.stage import learner_folder
from labctl.ops import clusters
from labctl.ops.bell import Bell
from labctl.ops.check import check
from labctl.ops.live import FOLLOWED, OUTAGE_PATIENCE, LabGone, Live
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_events import EngineEvents
from labctl.tools.follower import Follower
from labctl.tools.kube_watch import KubeWatch
from labctl.tools.work_files import WorkFiles

if TYPE_CHECKING:
    from labctl.catalog import Lab
    from labctl.model import Cluster
    from labctl.results import Report


@contextmanager
def following(
    app: App,
    lab: "Lab",
    cluster: "Cluster",
    *,
    step: str | None = None,
    patience: float = OUTAGE_PATIENCE,
) -> Iterator[tuple[Live, Bell]]:
    """The lab, followed until the block ends; closing the bell ends its snapshots."""
    bell = Bell()
    followers = _followers(app, lab, cluster.name, bell)
    for one in followers:
        one.start()
    look = _Look(app, lab, cluster.name, step)
    try:
        yield Live(lab, look, bell, app.learner, step, patience=patience), bell
    finally:
        bell.close()
        for one in followers:
            one.stop()


def _followers(app: App, lab: "Lab", name: str, bell: Bell) -> list[Follower]:
    kubeconfig = app.kubeconfig(name)
    found: list[Follower] = [
        KubeWatch(
            kubeconfig,
            one.api_version,
            one.resource,
            lab.namespace if one.namespaced else None,
            changed=bell.ring,
            state=bell.state,
        )
        for one in FOLLOWED
    ]
    engine = DockerEngine(app.settings.environ)
    found.append(EngineEvents(engine, changed=bell.ring, state=bell.state))
    folder = learner_folder(app, name)
    found.append(WorkFiles(folder, changed=bell.ring, state=bell.state))
    return found


class _Look:
    """One look at the lab: the cluster is asked for anew each time, for its nodes may be stopped."""

    def __init__(self, app: App, lab: "Lab", name: str, step: str | None) -> None:
        self._app, self._lab, self._name, self._step = app, lab, name, step
        # What a check waits for is told, so it need not wait by itself.
        self._runner = app.checks(name, patience=0.0)
        self._kube = app.kube(name)

    def __call__(self) -> "Report":
        app, name = self._app, self._name
        cluster = clusters.find(app.engine, name)
        if cluster is None:
            raise LabGone(
                f"Lab '{name}' was removed while it was followed.",
                hint=f"Start it again with: labctl up {self._lab.id} --name {name}",
            )
        return check(
            self._lab,
            cluster,
            self._kube,
            self._runner,
            app.store,
            learner=app.learner,
            step=self._step,
        )
