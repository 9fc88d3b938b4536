"""A guide as HTML. Its text is not trusted: no HTML of its own, no script, nothing fetched from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from labctl.guide import HEADING
from labctl.serve.words import Words

OUTSIDE: Final = ("http", "https", "mailto")
SHELLS: Final = ("sh", "bash", "shell")
"""Languages of blocks that are commands, and have a button to copy them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a guide, from a heading with an anchor to the next one."""

    anchor: str
    """Empty for what stands before the first one."""
    html: str


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown text as HTML."""

    title: str
    """Of its first heading; it is not in the sections."""
    sections: tuple[Section, ...]


def render(text: str, words: Words, *, title: str) -> Page:
    """A guide or debrief; `title` is for one that has no heading of the first level."""
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    env: dict[str, Any] = {"words": words}
    tokens = markdown.parse(text, env)
    found, tokens = _title(tokens)
    sections = [
        Section(anchor, markdown.renderer.render(part, markdown.options, env))
        for anchor, part in _parts(tokens)
    ]
    return Page(found or title, tuple(one for one in sections if one.anchor or one.html))


def command(text: str, words: Words) -> str:
    """A block of commands with its button, which works where there is script."""
    return (
        f'<div class="command"><pre tabindex="0"><code>{escape(text)}</code></pre>'
        f'<button type="button" class="copy" hidden>{escape(words.copy)}</button></div>\n'
    )


def _title(tokens: list[Token]) -> tuple[str, list[Token]]:
    """The first heading's text, if it is of the first level, and the tokens without it."""
    if len(tokens) > 2 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return _plain(tokens[1]), tokens[3:]
    return "", tokens


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _parts(tokens: list[Token]) -> list[tuple[str, list[Token]]]:
    """The tokens of each section. Headings get their anchor; a second title becomes a second level."""
    parts: list[tuple[str, list[Token]]] = [("", [])]
    for place, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        anchor = _anchor(tokens[place + 1]) if token.type == "heading_open" else ""
        if anchor and token.level == 0:
            token.attrSet("id", anchor)
            parts.append((anchor, []))
        parts[-1][1].append(token)
    return parts


def _anchor(inline: Token) -> str:
    """A heading's anchor, taken out of its text."""
    found = HEADING.match(f"# {inline.content}")
    last = inline.children[-1] if inline.children else None
    if found is None or last is None or last.type != "text":
        return ""
    last.content = last.content.rpartition("{#")[0].rstrip()
    return found[2]


class _Renderer(RendererHTML):
    """What differs from plain CommonMark."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:  # noqa: ARG002
        """A block of code; one of commands has a button."""
        token = tokens[idx]
        language = token.info.split()[:1]
        if language and language[0] in SHELLS:
            return command(token.content, env["words"])
        return f'<pre tabindex="0"><code>{escape(token.content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """An indented one has no language."""
        return self.fence(tokens, idx, options, env)

    def table_open(self, *_: Any) -> str:
        """A wide table scrolls by itself, not the page with it."""
        return '<div class="wide" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        """See table_open."""
        return "</table></div>\n"

    def image(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """Its text: nothing is fetched for a guide."""
        return escape(tokens[idx].content)

    def link_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """A link that leads out of the page opens beside it; one to a file of the lab is no link."""
        href = str(tokens[idx].attrGet("href") or "")
        if href.startswith("#"):
            return f'<a href="{escape(href)}">'
        if urlsplit(href).scheme in OUTSIDE:
            return f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer">'
        return '<span class="file">'

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:  # noqa: ARG002
        """See link_open; a screen reader hears that it opens a tab."""
        opened = next(one for one in reversed(tokens[:idx]) if one.type == "link_open")
        href = str(opened.attrGet("href") or "")
        if href.startswith("#"):
            return "</a>"
        if urlsplit(href).scheme in OUTSIDE:
            return f'<span class="unseen"> {escape(env["words"].new_tab)}</span></a>'
        return "</span>"
