"""`labctl env`."""

import shlex

import click

from labctl.cli.app import App
from labctl.cli.target import name_option


@click.command(epilog='Example: eval "$(labctl env)"')
@name_option
@click.pass_obj
def command(app: App, name: str | None) -> None:
    """Print what to export so that kubectl and other tools reach the lab's cluster.

    Your own kubeconfig is neither read nor changed.
    """
    path = app.kubeconfig(app.target(name).name)
    app.console.out(f"export KUBECONFIG={shlex.quote(str(path))}")
