"""Options that mean the same for every verb."""

import click

from labctl.cli.app import App

name_option = click.option(
    "--name", metavar="NAME", help="The lab's name, where several run side by side."
)


def _trust(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    app = context.find_object(App)
    if app is not None:
        app.trust = app.trust or value


trust_option = click.option(
    "--trust",
    is_flag=True,
    expose_value=False,
    callback=_trust,
    help="Run the code of a lab that did not come with labctl.",
)

checkpoint_option = click.option(
    "--checkpoint/--no-checkpoint",
    default=True,
    help="Start from a checkpoint, and keep one of the first start.  [--checkpoint]",
)
