"""stdout is the answer, stderr is the talk. Rich where there is a terminal, plain lines elsewhere."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console as RichConsole
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from labctl.errors import LabctlError, ToolFailed
from labctl.ui.columns import printable
from labctl.ui.progress import LiveProgress, PlainProgress


class _Stream(RichConsole):
    """Rich's console, with one habit less."""

    def on_broken_pipe(self) -> None:
        """Rich would exit with 1, which means "a check did not pass" here."""
        raise BrokenPipeError


class Console:
    """The two streams of one run."""

    def __init__(
        self,
        *,
        no_color: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        color = None if no_color else "auto"
        options: dict[str, Any] = {
            "highlight": False,
            "soft_wrap": False,
            "no_color": no_color,
            "color_system": color,
        }
        self._out = _Stream(file=out or sys.stdout, **options)
        self._err = _Stream(file=err or sys.stderr, **options)

    def progress(self) -> LiveProgress | PlainProgress:
        """A live line on a terminal, else plain lines on stderr."""
        return LiveProgress(self._err) if self._err.is_terminal else PlainProgress(self._err)

    @property
    def can_ask(self) -> bool:
        """Whether a person sits there."""
        return self._err.is_terminal and sys.stdin.isatty()

    def confirm(self, question: str) -> bool:
        """Yes or no, asked on stderr; Enter alone is no."""
        return click.confirm(question, default=False, err=True)

    def out(self, text: str = "", *, style: str | None = None) -> None:
        """A line of the answer, as it is: no markup is read. Long lines are left whole."""
        self._out.print(printable(text), style=style, markup=False, soft_wrap=True)

    def talk(self, text: str, *, style: str | None = None) -> None:
        """A line beside the answer."""
        soft_wrap = not self._err.is_terminal
        self._err.print(printable(text), style=style, markup=False, soft_wrap=soft_wrap)

    @property
    def redraws(self) -> bool:
        """Whether the answer goes to a terminal on which lines can be drawn anew."""
        return self._out.is_terminal and not self._out.is_dumb_terminal

    @property
    def height(self) -> int:
        """The terminal's lines."""
        return self._out.height

    @contextmanager
    def drawing(self) -> Iterator[Callable[[Sequence[tuple[str, str | None]]], None]]:
        """A part of the answer that is drawn anew with each call; the last one stays."""
        # No thread that refreshes: programs are started meanwhile, and a fork wants few threads.
        with Live(console=self._out, auto_refresh=False, vertical_overflow="crop") as live:

            def draw(lines: Sequence[tuple[str, str | None]]) -> None:
                texts = (Text(printable(line), style=style or "") for line, style in lines)
                live.update(Group(*texts), refresh=True)

            yield draw

    def markdown(self, text: str) -> None:
        """A guide: laid out on a terminal, the source itself elsewhere."""
        if self._out.is_terminal:
            from rich.markdown import Markdown  # noqa: PLC0415 - a third of the start of every command

            self._out.print(Markdown(printable(text)))
        else:
            self.out(text)

    def json(self, document: dict[str, Any]) -> None:
        """One versioned document on stdout."""
        self.out(json.dumps(document, indent=2, ensure_ascii=False, default=str))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table without lines, so that it can be copied, cut and grepped."""
        if not self._out.is_terminal:
            self._plain_table(columns, rows)
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for column in columns:
            table.add_column(column.upper(), overflow="fold")
        for row in rows:
            table.add_row(*(escape(printable(cell)) for cell in row))
        self._out.print(table)

    def _plain_table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        lines = [[column.upper() for column in columns], *([printable(c) for c in r] for r in rows)]
        # A Korean letter takes two columns.
        widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]
        for line in lines:
            cells = (set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True))
            self.out("   ".join(cells).rstrip())

    def error(self, err: LabctlError) -> None:
        """What happened, the command that failed, its last lines, and what to do next."""
        self.talk(f"Error: {err.message}", style="bold red")
        if isinstance(err, ToolFailed) and err.argv:
            self.talk(f"  $ {err.command}")
        for line in err.details:
            self.talk(f"  {line}")
        if err.hint:
            self.talk(err.hint)
