"""A lab's guide: Markdown whose steps are headings with anchors, `## Deploy it {#deploy}`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

HEADING: Final = re.compile(r"^(#+ .*?)\s*\{#([a-z0-9-]+)\}\s*$")
FENCE: Final = re.compile(r"^\s*(```|~~~)(.*)$")
RUN: Final = "run"
"""A word after a fence's language: the block can be executed."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block that is marked to be run: ```sh run."""

    anchor: str
    """Of the section that it is in; empty before the first heading with an anchor."""
    line: int
    """Of its fence, from 1."""
    text: str


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line without its anchor, and the anchor or nothing. Fenced blocks have no headings."""
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        yield (heading.group(1), heading.group(2)) if heading else (line, "")


def anchors(text: str) -> dict[str, int]:
    """The anchors of its headings, with their lines from 1."""
    return {found: number for number, (_, found) in enumerate(lines(text), 1) if found}


def section(text: str, anchor: str) -> str:
    """The part from the heading with that anchor to the next heading with any."""
    taken = []
    taking = False
    for line, found in lines(text):
        taking = found == anchor if found else taking
        if taking:
            taken.append(line)
    return "\n".join(taken).strip() + "\n"


def marked_blocks(text: str) -> list[Block]:
    """The fenced blocks that are marked to be run, in order."""
    blocks: list[Block] = []
    anchor, start = "", 0
    inside = False
    content: list[str] = []
    for number, (line, found) in enumerate(lines(text), 1):
        fence = FENCE.match(line)
        if fence:
            if start:
                blocks.append(Block(anchor, start, "".join(f"{one}\n" for one in content)))
            inside = not inside
            start = number if inside and RUN in fence[2].split()[1:] else 0
            content = []
        elif start:
            content.append(line)
        anchor = found or anchor
    return blocks


def run_blocks(text: str, anchor: str) -> list[str]:
    """What can be run in a section."""
    return [block.text for block in marked_blocks(text) if block.anchor == anchor]
