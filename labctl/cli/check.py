"""`labctl check`."""

from pathlib import Path

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.running import running
from labctl.cli.target import name_option, trust_option
from labctl.cli.written import FILE, answer_file, refuse_together
from labctl.errors import ExitCode, UsageError


@click.command(epilog="Example: labctl check --step deploy")
@click.argument("lab", required=False)
@click.option("--step", metavar="STEP", help="One step only.")
@click.option("--watch", is_flag=True, help="Look again at each change, until all passes.")
@click.option(
    "--junit", type=FILE, callback=answer_file, metavar="FILE", help="Write JUnit XML too, for CI."
)
@click.option(
    "--receipt",
    type=FILE,
    callback=answer_file,
    metavar="FILE",
    help="Write what was checked, and how it went: to be handed in (docs/grading.md).",
)
@name_option
@output_option
@trust_option
@click.pass_obj
def command(
    app: App,
    lab: str | None,
    step: str | None,
    watch: bool,
    junit: Path | None,
    receipt: Path | None,
    name: str | None,
    output: str,
) -> int:
    """Check your work: what passes, what does not and why.

    Ends with 0 when all passes and 1 when something does not. It changes nothing.
    """
    refuse_together(("--watch", watch), ("--junit", junit))
    refuse_together(("--watch", watch), ("--receipt", receipt))
    refuse_together(("--step", step), ("--receipt", receipt))
    if watch:
        return _watch(app, lab, step, name, output)
    from labctl.cli.reports import Reports  # noqa: PLC0415 - see labctl.cli.list
    from labctl.ops.check import check  # noqa: PLC0415
    from labctl.ui import results  # noqa: PLC0415

    found, cluster = running(app, lab, name)
    runner = app.checks(cluster.name)
    with app.console.progress().phase(f"Check lab '{cluster.name}'"):
        kube = app.kube(cluster.name)
        report = check(found, cluster, kube, runner, app.store, learner=app.learner, step=step)
    texts = found.texts(app.settings.language)
    titles = found.check_titles(texts)
    if output == "json":
        app.console.json(results.document(report, texts, titles))
    else:
        for line, style in results.text_lines(report, texts, titles, whole=step is None):
            app.console.out(line, style=style)
    Reports(junit, receipt).write(app, found, cluster, report)
    return report.exit_code


def _watch(app: App, lab: str | None, step: str | None, name: str | None, output: str) -> int:
    from labctl.cli.following import following  # noqa: PLC0415
    from labctl.ui.live import View, showing  # noqa: PLC0415

    if output != "text":
        raise UsageError(
            "--watch shows text as it changes; --output json is one document.",
            hint="Leave one of them out.",
        )
    found, cluster = running(app, lab, name)
    if step is not None:
        found.step(step)
    texts = found.texts(app.settings.language)
    view = View(cluster.name, texts, found.check_titles(texts), whole=step is None)
    with following(app, found, cluster, step=step) as (live, _), showing(app.console, view) as show:
        for snapshot in live.snapshots(until_passed=True):
            show(snapshot)
    return ExitCode.OK
