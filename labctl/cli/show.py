"""`labctl show`."""

import click

from labctl.cli.app import App
from labctl.errors import UsageError


@click.command(epilog="Example: labctl show serve-a-model --step deploy")
@click.argument("lab", required=False)
@click.option("--step", metavar="STEP", help="One step only.")
@click.option("--debrief", is_flag=True, help="What happened, to be read after success.")
@click.pass_obj
def command(app: App, lab: str | None, step: str | None, debrief: bool) -> None:
    """Show a lab's guide; without LAB, of the course's first."""
    if step and debrief:
        raise UsageError("--step and --debrief don't go together.")
    found = app.catalog.get(lab)
    language = app.settings.language
    if debrief:
        app.console.markdown(found.debrief(language))
    elif step:
        app.console.markdown(found.guide_step(language, found.step(step).id))
    else:
        app.console.markdown(found.guide(language))
