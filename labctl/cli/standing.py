"""How the learner stands in the course, asked of the progress file and of what runs here."""

from labctl.cli.app import App
from labctl.course import Standing, standings
from labctl.errors import LabctlError
from labctl.model import Cluster
from labctl.ops.clusters import clusters
from labctl.ops.learner_progress import LearnerProgress


def standing(app: App) -> tuple[Standing, ...]:
    """Every lab of the course; without an engine, as if nothing ran."""
    return standings(
        app.catalog.course().labs,
        app.catalog.get,
        app.learner,
        _running(app),
        lambda name: LearnerProgress.load(app.store, name).passed,
    )


def _running(app: App) -> tuple[Cluster, ...]:
    try:
        return clusters(app.engine)
    except LabctlError:
        # Progress is worth showing where no lab can run.
        return ()
