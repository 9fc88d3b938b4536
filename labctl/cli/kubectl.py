"""`labctl kubectl`."""

import click

from labctl.cli.app import App
from labctl.cli.target import name_option


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: labctl kubectl get pods --all-namespaces",
)
@name_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(app: App, name: str | None, arguments: tuple[str, ...]) -> None:
    """Run kubectl against the lab's cluster; your own kubeconfig stays out of it."""
    path = app.kubeconfig(app.target(name).name)
    app.process.replace(("kubectl", *arguments), env={"KUBECONFIG": str(path)})
