"""`labctl check`."""

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.running import running
from labctl.cli.target import name_option


@click.command(epilog="Example: labctl check --step deploy")
@click.argument("lab", required=False)
@click.option("--step", metavar="STEP", help="One step only.")
@name_option
@output_option
@click.pass_obj
def command(app: App, lab: str | None, step: str | None, name: str | None, output: str) -> int:
    """Check your work: what passes, what does not and why.

    Ends with 0 when all passes and 1 when something does not. It changes nothing.
    """
    from labctl.checks.runner import CheckRunner  # noqa: PLC0415 - see labctl.cli.list
    from labctl.ops.check import check  # noqa: PLC0415
    from labctl.ui import results  # noqa: PLC0415

    found, cluster = running(app, lab, name)
    runner = CheckRunner(app.process, app.settings.environ)
    with app.console.progress().phase(f"Check lab '{cluster.name}'"):
        report = check(found, cluster, app.kube(cluster.name), runner, app.store, step=step)
    texts = found.texts(app.settings.language)
    titles = found.check_titles(texts)
    if output == "json":
        app.console.json(results.document(report, texts, titles))
    else:
        for line, style in results.text_lines(report, texts, titles, whole=step is None):
            app.console.out(line, style=style)
    return report.exit_code
