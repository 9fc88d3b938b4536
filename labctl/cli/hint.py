"""`labctl hint`."""

import click

from labctl.cli.app import App
from labctl.cli.running import running
from labctl.cli.target import name_option


@click.command(epilog="Example: labctl hint deploy")
@click.argument("step")
@name_option
@click.option("--all", "everything", is_flag=True, help="All hints of the step at once.")
@click.pass_obj
def command(app: App, step: str, name: str | None, everything: bool) -> None:
    """Show the next hint for STEP: first for what the last check saw, then for the step.

    Each call shows one more.
    """
    from labctl.ops.hint import hint  # noqa: PLC0415 - see labctl.cli.list
    from labctl.ui.words import say  # noqa: PLC0415

    lab, cluster = running(app, None, name, code=False)
    language = app.settings.language
    hints = hint(lab, step, app.store, cluster.name, language=language, everything=everything)
    for text in hints.texts:
        app.console.out(text)
    if hints.left:
        app.console.talk(say(language, "{} more: {}", hints.left, f"labctl hint {step}"))
    else:
        last = "That was the last hint. The solution: {}"
        app.console.talk(say(language, last, f"labctl solve {step}"))
