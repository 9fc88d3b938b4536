"""`labctl list`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option


@click.command(epilog="Example: labctl list")
@output_option
@click.pass_obj
def command(app: App, output: str) -> None:
    """List the course's labs: title, minutes, nodes and memory.

    JSON has all that a lab requires: Kubernetes, runtimes, labs before it.
    """
    from labctl.ui import guide  # noqa: PLC0415 - `labctl --help` need not read lab files

    course = app.catalog.course()
    needs = {entry.id: entry.needs for entry in course.labs}
    labs = [app.catalog.get(lab_id) for lab_id in needs]
    if output == "json":
        app.console.json(guide.document(labs, needs, course.title))
    else:
        app.console.table(guide.COLUMNS, guide.rows(labs, app.settings.language))
