"""`labctl down`."""

import click

from labctl.cli.app import App
from labctl.cli.target import name_option
from labctl.errors import UsageError
from labctl.model import LABEL_CLUSTER, Cluster
from labctl.ops.clusters import clusters
from labctl.ops.down import down


@click.command(epilog="Example: labctl down --all")
@name_option
@click.option("--all", "everything", is_flag=True, help="All labs, and labctl's own files.")
@click.pass_obj
def command(app: App, name: str | None, everything: bool) -> None:
    """Remove a lab: its nodes, volumes, images and files. Node images stay.

    What you changed in the starter files is kept, and said.
    """
    if name and everything:
        raise UsageError("--name and --all don't go together.")
    for one in _names(app) if everything else [name or app.target(None, missing_ok=True)]:
        _down(app, one if isinstance(one, str) or one is None else one.name)
    if everything:
        app.store.clear()


def _names(app: App) -> list[str]:
    """Every name that has left a trace: nodes, an image, files."""
    images = (image.labels[LABEL_CLUSTER] for image in app.engine.images(LABEL_CLUSTER))
    traces = {cluster.name for cluster in clusters(app.engine)} | set(images)
    return sorted(traces | set(app.store.names()))


def _down(app: App, name: str | None) -> None:
    removed = None
    if name is not None:
        with app.console.progress().phase(f"Remove lab '{name}'"):
            removed = down(name, app.engine, app.store, remove_starter=app.remove_starter)
    if removed is None:
        app.console.talk("Nothing was running." if name is None else f"'{name}' was not running.")
        return
    for kept in removed.kept_files:
        app.console.talk(f"Kept, because you changed it: {kept}")
