"""`labctl checkpoint`: list, save, restore, delete, prune."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.target import name_option
from labctl.counting import count
from labctl.errors import UsageError
from labctl.ops import checkpoint_saved
from labctl.ops.checkpoints import SAVED, Checkpoint, kept
from labctl.ops.ports import Progress
from labctl.ui.quantities import age, size


@click.group(epilog="Example: labctl checkpoint save before-the-upgrade")
def command() -> None:
    """Keep a lab as it is, and bring it back.

    Those called ready-... are labctl's own: `labctl up` starts new clusters from them.
    """


@command.command("list", epilog="Example: labctl checkpoint list --output json")
@output_option
@click.pass_obj
def list_checkpoints(app: App, output: str) -> None:
    """Show the checkpoints on this machine."""
    there = kept(app.engine, app.keeping().storage)
    if output == "json":
        app.console.json(
            {
                "format": "labctl/checkpoints/v1",
                "checkpoints": [_described(one) for one in there.whole],
                "parts": sorted(there.parts),
            }
        )
        return
    if there.whole:
        now = datetime.now(UTC)
        rows = [_row(one, now) for one in there.whole]
        app.console.table(("name", "lab", "kubernetes", "runtime", "nodes", "size", "age"), rows)
    else:
        app.console.talk("There is no checkpoint yet. Make one with: labctl checkpoint save NAME")
    if there.parts:
        app.console.talk(
            f"{count(len(there.parts), 'checkpoint')} of which only a part is left:"
            f" {', '.join(sorted(there.parts))}. Remove with: labctl checkpoint prune"
        )


@command.command(epilog="Example: labctl checkpoint save before-the-upgrade")
@click.argument("checkpoint", metavar="CHECKPOINT")
@name_option
@click.pass_obj
def save(app: App, checkpoint: str, name: str | None) -> None:
    """Keep a running lab as CHECKPOINT.

    All of its nodes are kept, with what runs and lies on them. The lab stands still for some seconds, and goes on. Containers that you started beside it with
    docker, and the files in your folder, are not part of it.
    """
    cluster = app.target(name)
    progress = app.console.progress()
    made = checkpoint_saved.save(
        checkpoint,
        cluster,
        app.ports(progress),
        app.keeping(),
        on_wait=_waiting(progress, cluster.name),
    )
    app.console.talk(
        f"Lab '{cluster.name}' is saved as '{made.name}', {size(made.size)}."
        f" Bring it back with: labctl checkpoint restore {made.name}"
    )


@command.command(epilog="Example: labctl checkpoint restore before-the-upgrade")
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.pass_obj
def restore(app: App, checkpoint: str) -> None:
    """Bring a lab back as it was saved, in place of what it is now."""
    progress = app.console.progress()
    made = checkpoint_saved.bring_back(
        checkpoint, app.ports(progress), app.keeping(), on_wait=_waiting(progress, checkpoint)
    )
    app.console.talk(f"Lab '{made.name}' is as it was saved. Next: labctl check --name {made.name}")


@command.command(epilog="Example: labctl checkpoint delete before-the-upgrade")
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.pass_obj
def delete(app: App, checkpoint: str) -> None:
    """Remove CHECKPOINT. Labs that were made from it go on."""
    ports = app.ports(app.console.progress())
    if not checkpoint_saved.delete(checkpoint, ports, app.keeping()):
        raise UsageError(
            f"There is no checkpoint '{checkpoint}'.", hint="See them with: labctl checkpoint list"
        )
    app.console.talk(f"Removed checkpoint '{checkpoint}'.")


@command.command(epilog="Example: labctl checkpoint prune")
@click.option("--all", "everything", is_flag=True, help="All of labctl's own, not what you saved.")
@click.pass_obj
def prune(app: App, everything: bool) -> None:
    """Remove what `labctl up` can't use any more, and parts."""
    ports = app.ports(app.console.progress())
    gone = checkpoint_saved.prune(ports, app.keeping(), unused=everything, saved=True)
    for name in gone:
        app.console.talk(f"Removed checkpoint '{name}'.")
    if not gone:
        app.console.talk("Nothing to remove.")


def _waiting(progress: Progress, name: str) -> Callable[[], None]:
    return lambda: progress.note(f"Another labctl is working on '{name}'; waiting for it...")


def _row(one: Checkpoint, now: datetime) -> tuple[str, ...]:
    runtimes = ",".join(image.runtime for image in one.spec.images)
    lab = one.lab if one.kind == SAVED else "any"
    nodes = str(len(one.nodes))
    return (
        one.name, lab, one.spec.kubernetes, runtimes, nodes, size(one.size), age(one.created, now)
    )  # fmt: skip


def _described(one: Checkpoint) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "cluster": one.cluster if one.kind == SAVED else None,
        "lab": one.lab if one.kind == SAVED else None,
        "kubernetes": one.spec.kubernetes,
        "runtimes": [image.runtime for image in one.spec.images],
        "nodes": len(one.nodes),
        "size": one.size,
        "created": one.created.isoformat(),
    }
