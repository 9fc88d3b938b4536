"""`labctl trace`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.target import name_option
from labctl.errors import ExitCode
from labctl.ops.trace import trace
from labctl.tools.cri import node_store
from labctl.ui.trace import COLUMNS, document, rows


@click.command(epilog="Example: labctl trace model-server:v1")
@click.argument("image")
@name_option
@output_option
@click.pass_obj
def command(app: App, image: str, name: str | None, output: str) -> ExitCode:
    """Follow IMAGE from Docker into every node's store and every process that runs it.

    Ends in one sentence: identical everywhere, or what differs. What differs is exit code 1.
    """
    cluster = app.target(name)
    nodes = [node_store(app.process, node) for node in cluster.nodes]
    found = trace(
        app.engine,
        nodes,
        lambda: app.kube(cluster.name),
        image,
        progress=app.console.progress(),
    )
    if output == "json":
        app.console.json(document(found))
    else:
        app.console.out(found.name)
        app.console.table(COLUMNS, list(rows(found, cluster.kind_name)))
        app.console.out(found.sentence)
    return ExitCode.OK if found.identical else ExitCode.NOT_PASSED
