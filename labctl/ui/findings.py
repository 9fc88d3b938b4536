"""Findings as text: a table of all, then what to do about those that are not ok."""

import textwrap
from collections.abc import Sequence
from typing import Protocol

from labctl.ui.console import Console

WIDTH = 78


class Finding(Protocol):
    """What `doctor` answers."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def seen(self) -> str: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102
    @property
    def help(self) -> str: ...  # noqa: D102


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Every finding on a line; below, why each that is not ok matters and what helps."""
    console.table(
        ("level", "finding", "seen"), [(one.level, one.code, _short(one.seen)) for one in findings]
    )
    for one in findings:
        if one.level == "ok":
            continue
        console.out()
        console.out(f"{one.level}: {one.code}", style="bold")
        if one.seen != _short(one.seen):
            _block(console, f"Seen: {one.seen}")
        _block(console, one.why)
        # A command is one line, however long: it is there to be copied.
        console.out(f"  -> {one.help}")


def _short(text: str) -> str:
    return textwrap.shorten(text, 52, placeholder=" ...")


def _block(console: Console, text: str) -> None:
    for line in textwrap.wrap(text, WIDTH - 2):
        console.out(f"  {line}")
