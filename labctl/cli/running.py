"""The lab and the cluster that a command is about, and what its checks are called."""

from typing import TYPE_CHECKING

from labctl.cli.app import App

if TYPE_CHECKING:
    from labctl.catalog import Lab
    from labctl.model import Cluster


def running(app: App, lab_id: str | None, name: str | None) -> "tuple[Lab, Cluster]":
    """The running lab that is meant. A lab id that isn't in the course is told first."""
    if lab_id is not None:
        app.catalog.get(lab_id)
    cluster = app.target(name, lab_id)
    return app.catalog.get(cluster.lab), cluster
