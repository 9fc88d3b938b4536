"""`labctl pause`."""

import click

from labctl.cli.app import App
from labctl.cli.resting import each, name_or_all
from labctl.ops.pause import pause


@click.command(epilog="Example: labctl pause")
@name_or_all
@click.pass_obj
def command(app: App, name: str | None, everything: bool) -> None:
    """Let a lab rest: its nodes keep their memory and take no processor time.

    `labctl resume` and `labctl up` go on with it.
    """
    for one, did in each(app, name, pause, everything=everything):
        said = "rests" if did else "rested already"
        app.console.talk(f"Lab '{one}' {said}. Go on with: labctl resume --name {one}")
