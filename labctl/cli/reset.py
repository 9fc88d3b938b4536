"""`labctl reset`."""

import click

from labctl.cli.app import App
from labctl.cli.running import running
from labctl.cli.target import name_option


@click.command(epilog="Example: labctl reset")
@click.argument("lab", required=False)
@name_option
@click.pass_obj
def command(app: App, lab: str | None, name: str | None) -> None:
    """Put a lab back to its start: cluster objects, and containers labelled for the lab.

    Files in your working folder stay as they are.
    """
    from labctl.ops.reset import reset  # noqa: PLC0415 - see labctl.cli.list

    found, cluster = running(app, lab, name)
    removed = reset(
        found,
        cluster,
        app.kube(cluster.name),
        app.engine,
        app.store,
        progress=app.console.progress(),
    )
    for container in removed:
        app.console.talk(f"Removed container '{container}'.")
    app.console.talk(f"Lab '{cluster.name}' is back at its start. Next: labctl show {found.id}")
