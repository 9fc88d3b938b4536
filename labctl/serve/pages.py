"""The pages: two templates, filled in. What is not known to be HTML is escaped here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from labctl.catalog import Lab
from labctl.serve.guide_html import Section, command, render
from labctl.serve.words import WORDS, Words, words

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Place:
    """Which lab, in which cluster and language."""

    lab: Lab
    cluster: str
    language: str
    languages: Sequence[str]

    @property
    def words(self) -> Words:
        """The page's own."""
        return words(self.language)


def guide_page(place: Place) -> str:
    """The guide, with a place for each step's state and its checks."""
    own, language, lab = place.words, place.language, place.lab
    texts = lab.texts(language)
    page = render(lab.guide_source(language), own, title=lab.title(language))
    steps = [step.id for step in lab.file.steps]
    return _fill(
        "page.html",
        {
            **_frame(place, page.title, "/"),
            "data": _data(own, f"/events?lang={language}"),
            "steps": escape(own.steps),
            "guide": escape(own.guide),
            "rows": "".join(_row(step, texts.step_title(step), own) for step in steps),
            "hint": escape(own.hint),
            "hint_command": command("labctl hint", own),
            "passed": escape(own.passed),
            "debrief": escape(f"/debrief?lang={language}"),
            "debrief_words": escape(own.debrief),
            "script": escape(own.script),
            "sections": "".join(_section(one, steps, own) for one in page.sections),
        },
    )


def debrief_page(place: Place) -> str:
    """What to read after success."""
    own = place.words
    page = render(place.lab.debrief(place.language), own, title=own.debrief)
    return _fill(
        "plain.html",
        {
            **_frame(place, page.title, "/debrief"),
            "data": _data(own, ""),
            "back": escape(f"/?lang={place.language}"),
            "debrief_words": escape(own.debrief),
            "sections": "".join(one.html for one in page.sections),
        },
    )


def _fill(name: str, values: Mapping[str, str]) -> str:
    return Template((HERE / name).read_text(encoding="utf-8")).substitute(values)


def _frame(place: Place, title: str, path: str) -> dict[str, str]:
    own = place.words
    return {
        "lang": escape(place.language),
        "title": escape(title),
        "cluster": escape(place.cluster),
        "skip": escape(own.skip),
        "language": escape(own.language),
        "languages": "".join(_language(one, place.language, path) for one in place.languages),
    }


def _language(one: str, current: str, path: str) -> str:
    here = ' aria-current="true"' if one == current else ""
    name = WORDS[one].name if one in WORDS else one
    code = escape(one)
    return (
        f'<li><a href="{path}?lang={code}" lang="{code}" hreflang="{code}"{here}>'
        f"{escape(name)}</a></li>"
    )


def _data(own: Words, events: str) -> str:
    """The words that the script needs, as attributes: the page has no script of its own in it."""
    values = {
        "events": events,
        "first-look": own.first_look,
        "copy": own.copy,
        "copied": own.copied,
        "copy-failed": own.copy_failed,
        "changed": own.changed,
        "lost": own.lost,
        "ended": own.ended,
        "evidence": own.evidence,
        "see": own.see,
    }
    return " ".join(f'data-{name}="{escape(value)}"' for name, value in values.items() if value)


def _row(step: str, title: str, own: Words) -> str:
    code = escape(step)
    return (
        f'<li data-step="{code}"><a href="#{code}">'
        f'<span class="mark" data-outcome="unknown">{escape(own.unknown)}</span> '
        f'<span>{escape(title)}</span></a><span class="said"></span></li>\n'
    )


def _section(section: Section, steps: Sequence[str], own: Words) -> str:
    checks = ""
    if section.anchor in steps:
        checks = (
            f'<div class="checks" data-checks="{escape(section.anchor)}" hidden>'
            f"<h3>{escape(own.checks)}</h3><ul></ul></div>\n"
        )
    return f"<section>\n{section.html}{checks}</section>\n"
