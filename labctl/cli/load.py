"""`labctl load`."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.target import name_option
from labctl.counting import count
from labctl.errors import UsageError
from labctl.model import Cluster
from labctl.ops.load import Loaded, Result, load, raise_if_failed
from labctl.tools.cri import node_store
from labctl.ui.console import Console
from labctl.ui.quantities import size


@click.command(epilog="Example: labctl load model-server:v1")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option(
    "--watch",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Build IMAGE from DIR after each save, load what changed, restart what uses it.",
)
@name_option
@output_option
@click.pass_obj
def command(
    app: App, images: tuple[str, ...], folder: Path | None, name: str | None, output: str
) -> None:
    """Put images that Docker built into every node of the lab's cluster.

    A Pod finds them under their full name: app:1 is docker.io/library/app:1. Layers that a node
    has already are not sent again.
    """
    if folder and (len(images) > 1 or output != "text"):
        raise UsageError("--watch is for one image, and shows text.", hint="Leave out the rest.")
    cluster = app.target(name)
    if folder:
        from labctl.cli.load_watch import watch  # noqa: PLC0415

        watch(app, cluster, images[0], folder)
        return
    nodes = [node_store(app.process, node) for node in cluster.nodes]
    outcome = load(app.engine, nodes, images, progress=app.console.progress())
    if output == "json":
        app.console.json(_document(cluster, outcome))
    else:
        _show(app.console, outcome)
    raise_if_failed(outcome)


def _show(console: Console, outcome: Sequence[Loaded]) -> None:
    for image, group in groupby(outcome, key=lambda one: one.image):
        lines = list(group)
        console.out(image)
        console.table(("node", "result", "sent", "layers", "time"), [_row(line) for line in lines])
        _sent(console, lines)
    if all(one.result is Result.THERE for one in outcome):
        console.talk("Nothing was sent: every node has it already.")


def _sent(console: Console, lines: Sequence[Loaded]) -> None:
    """What went over: once, to all nodes that lack it."""
    sent = max(lines, key=lambda one: one.sent)
    if sent.result is Result.LOADED:
        layers = f"{count(sent.layers_sent, 'layer')} of {sent.layers}"
        console.talk(f"Sent {size(sent.sent)} of {size(sent.size)}, {layers}.")


def _row(one: Loaded) -> tuple[str, ...]:
    if one.result is not Result.LOADED:
        return one.node, one.result, "-", "-", "-"
    layers = f"{one.layers_sent} of {one.layers}"
    return one.node, one.result, size(one.sent), layers, f"{one.seconds:.1f} s"


def _document(cluster: Cluster, outcome: Sequence[Loaded]) -> dict[str, object]:
    return {
        "format": "labctl/load/v1",
        "cluster": cluster.name,
        "results": [
            {
                "image": one.image,
                "digest": one.digest,
                "node": one.node,
                "result": one.result,
                "bytes": one.size,
                "sent_bytes": one.sent,
                "layers": one.layers,
                "sent_layers": one.layers_sent,
                "seconds": round(one.seconds, 2),
                "reason": one.reason,
            }
            for one in outcome
        ],
    }
