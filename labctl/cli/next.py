"""`labctl next`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option


@click.command(epilog="Example: labctl next")
@output_option
@click.pass_obj
def command(app: App, output: str) -> None:
    """Say which step or lab comes next, why, and the command for it."""
    from labctl.cli.standing import standing  # noqa: PLC0415 - see labctl.cli.list
    from labctl.course import next_of  # noqa: PLC0415
    from labctl.ui import course as ui  # noqa: PLC0415

    labs = standing(app)
    following = next_of(labs)
    if output == "json":
        app.console.json(ui.document(labs, following, app.catalog.course().title))
        return
    for line in ui.next_lines(following, labs, app.settings.language):
        app.console.out(line)
