"""Text in the columns of a terminal, where a Korean letter takes two of them."""

import re
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, set_cell_size

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """The text without what moves a cursor or can't be written: labs and logs are others' words."""
    return _CONTROL.sub("\ufffd", text)


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> Iterator[str]:
    """Lines of at most so many columns. A word that is longer is left whole."""
    line, empty = first, True
    for word in text.split():
        if not empty and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    yield line


def fitted(text: str, width: int) -> str:
    """The text in exactly so many columns: filled up with blanks, or cut with an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return f"{set_cell_size(text, width - 1)}…"
