"""`labctl course`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.counting import count
from labctl.errors import UsageError


@click.command(epilog="Example: labctl course")
@click.option("--forget", is_flag=True, help="Remove the file that your progress is kept in.")
@click.option("--yes", is_flag=True, help="With --forget: don't ask.")
@output_option
@click.pass_obj
def command(app: App, forget: bool, yes: bool, output: str) -> None:
    """Show how far you are: what is done, what is open, what comes next and why."""
    from labctl.cli.standing import standing  # noqa: PLC0415 - see labctl.cli.list
    from labctl.course import next_of  # noqa: PLC0415
    from labctl.ui import course as ui  # noqa: PLC0415

    if yes and not forget:
        raise UsageError("--yes goes with --forget.")
    if forget:
        _forget(app, yes=yes)
        return
    labs, language = standing(app), app.settings.language
    following = next_of(labs)
    if output == "json":
        app.console.json(ui.document(labs, following, app.catalog.course().title))
        return
    app.console.table(ui.COLUMNS, ui.rows(labs, language))
    for line in ("", *ui.summary(labs, language), "", *ui.next_lines(following, labs, language)):
        app.console.out(line)


def _forget(app: App, *, yes: bool) -> None:
    path, labs = app.learner.path, app.learner.labs()
    if not path.exists():
        app.console.talk("There is no progress to forget.")
        return
    if not yes:
        if not app.console.can_ask:
            raise UsageError("Nobody can be asked here.", hint="Add --yes to remove it.")
        question = f"Remove '{path}' with your progress in {count(len(labs), 'lab')}?"
        if not app.console.confirm(question):
            app.console.talk("Nothing was changed.")
            return
    app.learner.forget()
    app.console.talk(f"Removed {path}")
