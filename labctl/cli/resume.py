"""`labctl resume`."""

import click

from labctl.cli.app import App
from labctl.cli.resting import each, name_or_all
from labctl.ops.pause import resume


@click.command(epilog="Example: labctl resume --all")
@name_or_all
@click.pass_obj
def command(app: App, name: str | None, everything: bool) -> None:
    """Go on with a lab that was paused, or that stopped with the machine; waits until it is ready.

    After a restart of the machine, `labctl resume --all` brings all labs back.
    """
    for one, did in each(app, name, resume, everything=everything):
        app.console.talk(f"Lab '{one}' {'is ready again' if did else 'was running, and is ready'}.")
