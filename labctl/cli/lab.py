"""`labctl lab`: for those who write labs."""

from pathlib import Path
from shlex import quote

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.places import from_here
from labctl.cli.target import checkpoint_option, trust_option
from labctl.cli.written import FILE, answer_file, append_summary, write_answer
from labctl.counting import count
from labctl.errors import LabInvalid, UsageError


@click.group(epilog="Example: labctl lab test traffic")
@click.option(
    "--labs",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of labs.  [$LABCTL_LABS, or the shipped course]",
)
@click.pass_obj
def command(app: App, folder: Path | None) -> None:
    """Make labs, lint them, and prove on real clusters that they work."""
    if folder is not None:
        app.use_labs(folder.absolute())


@command.command(epilog="Example: labctl lab new my-lab")
@click.argument("lab_id", metavar="ID")
@click.pass_obj
def new(app: App, lab_id: str) -> None:
    """Make a lab that works as it stands, for you to change; in ./labs without --labs."""
    from labctl.ops.new_lab import new_lab  # noqa: PLC0415 - see labctl.cli.list

    folder = app.settings.labs or Path("labs").absolute()
    made = new_lab(lab_id, folder)
    app.console.out(str(made))
    lab = f"labctl lab --labs {quote(from_here(folder))}"
    app.console.talk(f"Change it bit by bit; after each change: {lab} lint {lab_id}")
    app.console.talk(f"Prove it on a real cluster: {lab} test {lab_id}")


@command.command(epilog="Example: labctl lab schema lab > lab.v1.json")
@click.argument("name", type=click.Choice(["course", "lab", "messages", "checks", "mistake"]))
@click.pass_obj
def schema(app: App, name: str) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from labctl.schemas import schema as schema_of  # noqa: PLC0415

    app.console.json(schema_of(name))


@command.command(epilog="Example: labctl lab lint traffic")
@click.argument("labs", nargs=-1)
@click.pass_obj
def lint(app: App, labs: tuple[str, ...]) -> None:
    """Read the files of LABS, or of the whole course: every problem with its place.

    No engine is needed and no code of a lab is run. Exit code 3 when something is wrong.
    """
    from labctl.ops.lint import lint as read  # noqa: PLC0415 - see labctl.cli.list

    found = read(app.catalog, labs)
    where = from_here(app.catalog.folder).rstrip("/")
    if found.problems:
        raise LabInvalid(
            f"{count(len(found.problems), 'problem')} in {where}/.",
            details=found.problems,
            hint="docs/lab-format.md has the format.",
        )
    app.console.out(f"{count(len(found.labs), 'lab')} in {where}/, no problem.")


@command.command(epilog="Example: labctl lab test traffic --kubernetes 1.36 --runtime containerd")
@click.argument("labs", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every lab of the course.")
@click.option("--kubernetes", metavar="VERSION", help="Of the labs' matrix, this one alone.")
@click.option("--runtime", metavar="RUNTIME", help="Of the labs' matrix, this one alone.")
@click.option("--quick", is_flag=True, help="The first pair of each lab's matrix alone.")
@click.option("--keep", is_flag=True, help="Leave the test clusters, for the next run.")
@checkpoint_option
@click.option(
    "--junit", type=FILE, callback=answer_file, metavar="FILE", help="Write JUnit XML too, for CI."
)
@trust_option
@output_option
@click.pass_obj
def test(
    app: App,
    labs: tuple[str, ...],
    everything: bool,
    kubernetes: str | None,
    runtime: str | None,
    quick: bool,
    keep: bool,
    checkpoint: bool,
    junit: Path | None,
    output: str,
) -> int:
    """Prove LABS on real clusters, over their matrix of Kubernetes versions and runtimes.

    Nothing is solved at the start; each mistake is found; each solution passes twice; reset and
    down leave nothing; commands of guides and hints work. Exit code 1 when a lab is broken, 5 when
    none is and one could not be looked at, 4 when none could.
    """
    from labctl.cli.lab_run import run_labs  # noqa: PLC0415 - see labctl.cli.list
    from labctl.proofs import exit_code  # noqa: PLC0415
    from labctl.ui import proofs as view  # noqa: PLC0415
    from labctl.ui import step_summary  # noqa: PLC0415

    if bool(labs) == everything:
        raise UsageError("Give labs, or --all.", hint="Example: labctl lab test traffic")
    found = run_labs(
        app,
        labs or _whole_course(app),
        kubernetes=kubernetes,
        runtime=runtime,
        quick=quick,
        keep=keep,
        checkpoints=checkpoint,
    )
    if junit:
        write_answer(junit, view.report(found))
    if app.settings.step_summary:
        append_summary(app, step_summary.table("Labs", view.COLUMNS, view.rows(found)))
    if output == "json":
        app.console.json(view.document(found))
    else:
        for line in view.problems(found):
            app.console.out(line)
        app.console.table(view.COLUMNS, view.rows(found))
    return exit_code(found)


def _whole_course(app: App) -> tuple[str, ...]:
    """Every lab's id; a folder that would be left out is told instead."""
    from labctl.catalog import invalid  # noqa: PLC0415 - see labctl.cli.list

    strays = app.catalog.strays()
    if strays:
        raise invalid(strays)
    return app.catalog.ids()
