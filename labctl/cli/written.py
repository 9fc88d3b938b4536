"""Answers that go into files: whole or not at all, and nothing but a plain file is replaced."""

from pathlib import Path
from typing import Final

import click

from labctl.cli.app import App
from labctl.errors import ToolFailed, UsageError
from labctl.files import write_whole


def answer_file(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """An option's callback: that a file can't be written is told before the work, not after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"'{path}' can't be written: there is no folder '{path.parent}'.")
    return path


FILE: Final = click.Path(path_type=Path, dir_okay=False)


def write_answer(path: Path, text: str) -> None:
    """Write a file that was asked for.

    Raises:
        ToolFailed: it can't be written.
    """
    try:
        # What a link leads to is written, and a device such as /dev/stdout stays one.
        real = path.resolve()
        if real.is_file() or not real.exists():
            write_whole(real, text, mode=0o644)
        else:
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
    except OSError as err:
        raise ToolFailed(
            f"Could not write '{path}': {err.strerror or err}.",
            hint="Name a file in a folder that you can write to.",
        ) from err


def append_summary(app: App, markdown: str) -> None:
    """Add to the page of the CI job that runs this, where there is one.

    A page that can't be written changes nothing about the answer.
    """
    path = app.settings.step_summary
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as err:
        app.console.talk(f"Could not add to the job's page '{path}': {err.strerror or err}.")


def refuse_together(*options: tuple[str, object]) -> None:
    """UsageError where more than one of these options is given."""
    given = [name for name, value in options if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} don't go together.")
