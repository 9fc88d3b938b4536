"""A lab's guide: Markdown whose steps are headings with anchors, `## Deploy it {#deploy}`."""

import re
from collections.abc import Iterator
from typing import Final

HEADING: Final = re.compile(r"^(#+ .*?)\s*\{#([a-z0-9-]+)\}\s*$")
FENCE: Final = re.compile(r"^\s*(```|~~~)(.*)$")
RUN: Final = "run"
"""A word after a fence's language: the block can be executed."""


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line without its anchor, and the anchor or nothing. Fenced blocks have no headings."""
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        yield (heading.group(1), heading.group(2)) if heading else (line, "")


def section(text: str, anchor: str) -> str:
    """The part from the heading with that anchor to the next heading with any."""
    taken = []
    taking = False
    for line, found in lines(text):
        taking = found == anchor if found else taking
        if taking:
            taken.append(line)
    return "\n".join(taken).strip() + "\n"


def run_blocks(text: str, anchor: str) -> list[str]:
    """The fenced blocks of a section that are marked to be run: ```sh run."""
    blocks: list[str] = []
    inside = marked = False
    for line in section(text, anchor).splitlines():
        fence = FENCE.match(line)
        if fence:
            inside = not inside
            marked = inside and RUN in fence[2].split()[1:]
            if marked:
                blocks.append("")
        elif marked:
            blocks[-1] += f"{line}\n"
    return blocks
