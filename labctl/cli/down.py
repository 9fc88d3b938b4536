"""`labctl down`."""

from pathlib import Path

import click

from labctl.cli.app import App
from labctl.cli.stage import work_folder
from labctl.cli.target import name_option
from labctl.cli.warm import keep_none
from labctl.errors import LabInvalid, ToolFailed, UsageError
from labctl.model import LAB_IMAGE, LABEL_CLUSTER, LABEL_KIND, Cluster
from labctl.ops.checkpoint_saved import prune
from labctl.ops.checkpoints import kept
from labctl.ops.clusters import clusters
from labctl.ops.down import down
from labctl.ops.remove import remove_images
from labctl.ops.starter import remove_starter
from labctl.ops.wish import check_name
from labctl.ui.quantities import size


@click.command(epilog="Example: labctl down --all")
@name_option
@click.option("--all", "everything", is_flag=True, help="All labs, and labctl's own files.")
@click.pass_obj
def command(app: App, name: str | None, everything: bool) -> None:
    """Remove a lab: its nodes, volumes, images and files. Node images stay.

    Starter files that you changed are kept, and said.
    """
    if name and everything:
        raise UsageError("--name and --all don't go together.")
    if everything:
        keep_none(app)
        names = _traces(app)
    elif name:
        check_name(name)
        names = [name]
    else:
        names = [app.target(None).name] if clusters(app.engine) else []
    for one in names:
        _down(app, one)
    if not names:
        app.console.talk("Nothing was running.")
    if everything:
        # Also of a lab that never got as far as a cluster.
        _tell_kept(app, remove_images(f"{LABEL_KIND}={LAB_IMAGE}", app.engine))
        _checkpoints(app)
        _progress(app)
        app.store.clear()


def _checkpoints(app: App) -> None:
    """What was saved by name is nothing that labctl may throw away by itself; its own goes."""
    keeping = app.keeping()
    prune(app.ports(app.console.progress()), keeping, unused=True)
    for one in kept(app.engine, keeping.storage).whole:
        app.console.talk(f"Kept: checkpoint '{one.name}', {size(one.size)}.")
        app.console.talk(f"Remove it with: labctl checkpoint delete {one.name}")


def _progress(app: App) -> None:
    """Work that was done is nothing that labctl may throw away by itself."""
    if app.learner.labs():
        app.console.talk(f"Your progress is kept in {app.learner.path}")
        app.console.talk("Remove it with: labctl course --forget")
    else:
        app.learner.forget()


def _traces(app: App) -> list[str]:
    """Every name that has left a trace: nodes, an image, files."""
    images = {image.labels[LABEL_CLUSTER] for image in app.engine.images(LABEL_CLUSTER)}
    nodes = {cluster.name for cluster in clusters(app.engine)}
    return sorted(images | nodes | set(app.store.names()))


def _down(app: App, name: str) -> None:
    progress = app.console.progress()

    def clean(cluster: Cluster) -> tuple[Path, ...]:
        folder = work_folder(app, cluster.name)
        try:
            return remove_starter(app.catalog.get(cluster.lab), folder) if folder else ()
        except (UsageError, LabInvalid, ToolFailed, OSError) as err:
            progress.note(f"The starter files in '{folder}' were left: {err}")
            return ()

    def waiting() -> None:
        progress.note(f"Another labctl is working on '{name}'; waiting for it...")

    with progress.phase(f"Remove lab '{name}'"):
        removed = down(name, app.engine, app.store, remove_starter=clean, on_wait=waiting)
    if removed is None:
        app.console.talk(f"No lab '{name}' was running.")
        return
    for file in removed.kept_files:
        app.console.talk(f"Kept, because you changed it: {file}")
    _tell_kept(app, removed.kept_images)


def _tell_kept(app: App, images: tuple[str, ...]) -> None:
    for image in images:
        app.console.talk(f"Kept, because a container of yours needs it: image {image}")
