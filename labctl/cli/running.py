"""The lab and the cluster that a command is about, and what its checks are called."""

from typing import TYPE_CHECKING

from labctl.cli.app import App
from labctl.model import ANY_LAB

if TYPE_CHECKING:
    from labctl.catalog import Lab
    from labctl.model import Cluster


def running(
    app: App, lab_id: str | None, name: str | None, *, code: bool = True
) -> "tuple[Lab, Cluster]":
    """The running lab that is meant. A lab id that isn't in the course is told first.

    `code` says whether the lab's code will be run: one from outside must be trusted then.
    """
    if lab_id is not None:
        app.catalog.get(lab_id)
    cluster = app.target(name, lab_id)
    shared = cluster.lab == ANY_LAB
    lab = app.catalog.get(lab_id or app.settings.lab if shared else cluster.lab)
    return (app.trusted(lab) if code else lab), cluster
