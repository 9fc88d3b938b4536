"""`labctl grade`."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.target import trust_option
from labctl.cli.written import FILE, answer_file, append_summary, write_answer
from labctl.errors import ToolFailed, UsageError

if TYPE_CHECKING:
    from labctl.grades import Grade

ONLY_MANIFESTS = (
    "Only manifests are applied, in the lab's namespace alone; --trust-work runs scripts too."
)


@click.command(epilog="Example: labctl grade alice/receipt.json bob/receipt.json --csv class.csv")
@click.argument("receipts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The learner's work.  [beside the receipt, named as the lab or the receipt]",
)
@click.option("--trust-work", is_flag=True, help="Run learners' scripts on this machine.")
@click.option("--csv", type=FILE, callback=answer_file, metavar="FILE", help="Write CSV too.")
@click.option("--junit", type=FILE, callback=answer_file, metavar="FILE", help="Write JUnit XML.")
@click.option(
    "--classroom",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Write what Classroom 50 collects; into a folder for several receipts.",
)
@output_option
@trust_option
@click.pass_obj
def command(
    app: App,
    receipts: tuple[Path, ...],
    work: Path | None,
    trust_work: bool,
    csv: Path | None,
    junit: Path | None,
    classroom: Path | None,
    output: str,
) -> int:
    """Check learners' work again, each on a fresh lab, beside what their RECEIPTS say.

    Exit code 0 when all of it passes and is as its receipt says, 1 when something is not.
    """
    from labctl.cli.grade_desk import Desk  # noqa: PLC0415 - see labctl.cli.list
    from labctl.cli.lab_stand import apart  # noqa: PLC0415
    from labctl.grades import exit_code  # noqa: PLC0415
    from labctl.ops.grade.grading import grade  # noqa: PLC0415
    from labctl.ui import grades as view  # noqa: PLC0415

    if work and len(receipts) > 1:
        raise UsageError("--work is for one receipt.", hint="Put each work beside its receipt.")
    if not trust_work:
        app.console.talk(ONLY_MANIFESTS)
    progress = app.console.progress()
    desk = Desk(app, apart(app), progress, trust_work)
    found = grade(receipts, desk, work=work, trust=trust_work, note=progress.note)
    if all(one.fault is None for one in found):  # else its logs may tell why
        desk.app.store.clear()
    if csv:
        write_answer(csv, view.table_file(found))
    if junit:
        write_answer(junit, view.junit_file(found, desk.words))
    if classroom:
        _write_classroom(app, classroom, found)
    if app.settings.step_summary:
        append_summary(app, view.step_summary(found))
    if output == "json":
        app.console.json(view.document(found))
    else:
        app.console.table(view.COLUMNS, view.rows(found))
        for line in view.reasons(found):
            app.console.out(line)
    return exit_code(found)


def _write_classroom(app: App, path: Path, grades: Sequence["Grade"]) -> None:
    """One document in a file, or one for each receipt in a folder."""
    from labctl.ui.classroom import classroom  # noqa: PLC0415

    several = len(grades) > 1 or path.is_dir()
    if several:
        _make_folder(path)
    names: list[str] = []
    for one in grades:
        document = classroom(one, app.settings.environ, datetime.now(UTC))
        if document is None:
            app.console.talk(f"{one.learner}: not graded, so nothing is written for Classroom 50.")
            continue
        name = one.learner.replace("/", "-")
        names.append(name)
        file = f"{name}-{names.count(name)}" if names.count(name) > 1 else name
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_answer(path / f"{file}.json" if several else path, text)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ToolFailed(
            f"Could not make the folder '{path}': {err.strerror or err}.",
            hint="With several receipts --classroom names a folder.",
        ) from err
