"""`labctl solve`."""

import click

from labctl.cli.app import App
from labctl.cli.running import running
from labctl.cli.target import name_option, trust_option
from labctl.errors import UsageError


@click.command(epilog="Example: labctl solve deploy")
@click.argument("step", required=False)
@click.option("--all", "everything", is_flag=True, help="Every step, in order.")
@name_option
@trust_option
@click.pass_obj
def command(app: App, step: str | None, everything: bool, name: str | None) -> None:
    """Apply the author's solution of STEP, or of all steps."""
    from labctl.cli.stage import scripts  # noqa: PLC0415 - see labctl.cli.list
    from labctl.ops.solve import Solver  # noqa: PLC0415

    if bool(step) == everything:
        raise UsageError("Give a step, or --all.", hint="Example: labctl solve deploy")
    lab, cluster = running(app, None, name)
    steps = [lab.step(step).id] if step else [one.id for one in lab.file.steps]
    solver = Solver(scripts(app, lab, cluster), app.kube(cluster.name), app.console.progress())
    if not solver.solve(steps):
        app.console.talk(f"Step '{step}' needs no work of its own.")
    app.console.talk("Next: labctl check")
