"""Live progress: one line that moves on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import SpinnerColumn, TextColumn

from labctl.ui.columns import printable


class PlainProgress:
    """A line when a phase begins to take long, and one when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Print the phase when it is over, with its seconds."""
        self._console.print(f"... {name}", markup=False, soft_wrap=True)
        start = time.monotonic()
        end = "failed"
        try:
            yield
            end = "ok"
        finally:
            self.seconds[name] = time.monotonic() - start
            self._console.print(
                f"{end:<3} {name} ({self.seconds[name]:.1f} s)", markup=False, soft_wrap=True
            )

    def detail(self, text: str) -> None:
        """Details are for people who watch: nothing here."""

    def note(self, text: str) -> None:
        """A line that stays."""
        self._console.print(printable(text), markup=False, soft_wrap=True)


class LiveProgress:
    """A spinner with phase, elapsed time and what it waits for; a tick for each finished phase."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: RichProgress | None = None
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Show the phase until the block ends."""
        start = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.elapsed:.0f} s"),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
        )
        mark = "[red]✗[/red]"
        try:
            with RichProgress(*columns, console=self._console, transient=True) as self._live:
                self._live.add_task(name, total=None, detail="")
                yield
                mark = "[green]✓[/green]"
        finally:
            self._live = None
            self.seconds[name] = time.monotonic() - start
            self._console.print(f"{mark} {escape(name)} [dim]{self.seconds[name]:.1f} s[/dim]")

    def detail(self, text: str) -> None:
        """Replace what the line says after the elapsed time."""
        if self._live:
            task = self._live.tasks[0]
            room = max(0, self._console.width - len(task.description) - len("⠋  1234 s  "))
            self._live.update(task.id, detail=printable(text)[:room])

    def note(self, text: str) -> None:
        """A line above the live one."""
        self._console.print(printable(text), markup=False)
