"""`labctl status`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.ops.create import made_with
from labctl.ops.status import status


@click.command(epilog="Example: labctl status")
@output_option
@click.pass_obj
def command(app: App, output: str) -> None:
    """Show the labs that run here: versions, runtimes, nodes and state."""
    rows = status(app.engine, app.kube, lambda node: made_with(app.engine, node))
    if output == "json":
        labs = [
            {
                "name": row.cluster.name,
                "lab": row.cluster.lab,
                "kubernetes": row.cluster.kubernetes,
                "runtime": row.cluster.runtime,
                "oci_runtime": row.cluster.oci_runtime,
                "nodes": [node.name for node in row.cluster.nodes],
                "state": row.state,
                "reason": row.reason,
            }
            for row in rows
        ]
        app.console.json({"format": "labctl/status/v1", "labs": labs})
        return
    if not rows:
        app.console.talk("No lab is running. Start one with: labctl up")
        return
    app.console.table(
        ("name", "lab", "kubernetes", "runtime", "nodes", "state"),
        [
            (
                row.cluster.name,
                row.cluster.lab,
                row.cluster.kubernetes,
                row.cluster.runtime,
                str(len(row.cluster.nodes)),
                row.state,
            )
            for row in rows
        ],
    )
    for row in rows:
        if row.reason:
            app.console.talk(f"{row.cluster.name}: {row.reason}")
