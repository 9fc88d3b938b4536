"""`{{param}}` and `{actual}` that nothing fills: the learner would read the braces."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from labctl.lab_folder import LabFolder
from labctl.lab_outline import Outline
from labctl.manifest_problems import Loaded
from labctl.manifest_texts import MessagesFile
from labctl.params import PLACE
from labctl.source import Place, Problem, Unreadable
from labctl.suggest import did_you_mean
from labctl.texts import VALUES

FILES: Final = (
    "*.md",
    "messages.*.yaml",
    "checks/*.yaml",
    "scene/*.yaml",
    "solutions/*/*.yaml",
    "mistakes/*/*.yaml",
    "starter/**",
)
GO: Final = frozenset({"end", "else", "break", "continue"})
"""Words of a Go template that stand alone: `{{end}}` is no parameter's place."""
VALUE: Final = re.compile(r"(?<![\\${])\{([a-z_]+)\}(?!\})")
"""`\\{actual}` is read as it stands, and so is `${HOME}`."""


def examine_places(folder: LabFolder, lab: Outline) -> Iterator[Problem]:
    """`{{name}}` must be one of the lab's parameters."""
    params = lab.params
    for name in folder.glob(*FILES) if params is not None else ():
        try:
            text = folder.text(name)
        except Unreadable:  # told by who reads it; a starter file may be any bytes
            continue
        for number, line in enumerate(text.splitlines(), 1) if "{{" in text else ():
            for one in PLACE.findall(line):
                if one not in GO and one not in (params or ()):
                    near = did_you_mean(one, params or ())
                    said = f"there is no parameter '{one}'{near}"
                    if not params:
                        said += ": lab.yaml has no 'params'"
                    yield Problem(folder.called(name), number, said)


def examine_values(languages: Mapping[str, Loaded[MessagesFile]]) -> Iterator[Problem]:
    """Titles and rationales have three places. Hints are full of braces: near misses are told."""
    for texts in languages.values():
        codes = texts.value("codes")
        for code, text in codes.items() if isinstance(codes, dict) else ():
            for part in ("title", "rationale"):
                for one in VALUE.findall(_text(text, part)):
                    if one not in VALUES:
                        near = did_you_mean(one, VALUES) or _KNOWN
                        said = f"codes.{code}.{part}: there is no {{{one}}}{near}"
                        yield texts.problem(("codes", code, part), said)
        for place, hint in _hints(texts):
            for one in VALUE.findall(hint):
                near = did_you_mean(one, VALUES)
                if near and one not in VALUES:
                    said = f"{place[0]}.{place[1]}.hints: there is no {{{one}}}{near}"
                    yield texts.problem(place, said)


_KNOWN: Final = f", known: {', '.join(VALUES)}"


def _hints(texts: Loaded[MessagesFile]) -> Iterator[tuple[Place, str]]:
    for key in ("codes", "steps"):
        found = texts.value(key)
        for name in found if isinstance(found, dict) else ():
            hints = texts.value(key, name, "hints")
            for index, hint in enumerate(hints if isinstance(hints, list) else ()):
                yield (key, name, "hints", index), _text(hint, "text")


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""
