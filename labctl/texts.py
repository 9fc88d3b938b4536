"""What a learner reads about codes, steps and checks, in their language or else in English."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.manifest_texts import CodeText, HintText, MessagesFile
from labctl.manifest_types import FALLBACK
from labctl.params import Values, fill_text

BUILTIN: Final[Mapping[str, CodeText]] = {
    "missing": CodeText(
        title="{expected} is not there",
        rationale="There is no {expected} in the lab's namespace. Of its kind there are: {actual}.",
        hints=(
            HintText(
                text="Look at what is there with 'labctl kubectl get all', and compare the names."
            ),
        ),
    ),
    "file-missing": CodeText(
        title="Your working folder has no {expected}",
        rationale="{expected} is looked for there; the folder has: {actual}.",
        hints=(
            HintText(text="'labctl status' and 'labctl up' say where your working folder is."),
            HintText(text="'labctl up' copies a starter file again that is not there."),
        ),
    ),
    "file-unreadable": CodeText(
        title="{expected} can't be read",
        rationale="It is in your working folder, and: {actual}.",
        hints=(
            HintText(text="YAML wants 'key: value' with a space after the colon."),
            HintText(text="Quotes around a value keep colons, '#' and leading zeros as they are."),
        ),
    ),
}
"""Codes that the check API itself raises; a lab may word them anew."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogues of one lab, seen in one language."""

    messages: Mapping[str, MessagesFile]
    language: str = FALLBACK
    params: Values = field(default_factory=dict)

    def title(self, code: str, values: Mapping[str, Any]) -> str:
        """A code's headline; the code itself where no catalogue has it."""
        text = self._code(code)
        return self._fill(text.title, values) if text else code

    def rationale(self, code: str, values: Mapping[str, Any]) -> str:
        """What was seen and what is wanted; both values where no catalogue has the code."""
        text = self._code(code)
        template = text.rationale if text else "Expected {expected}, found {actual}."
        return self._fill(template, values)

    def hints(self, code: str) -> tuple[HintText, ...]:
        """From a nudge to nearly the answer."""
        text = self._code(code)
        return self._hints(text.hints) if text else ()

    def step_title(self, step: str) -> str:
        """A step's heading."""
        found = [text.title for one in self._catalogues() if (text := one.steps.get(step))]
        return fill_text(found[0], self.params) if found else step

    def step_hints(self, step: str) -> tuple[HintText, ...]:
        """A step's own hints."""
        found = [text.hints for one in self._catalogues() if (text := one.steps.get(step))]
        return self._hints(found[0]) if found else ()

    def check_title(self, name: str, docstring: str) -> str:
        """A check's title: translated, or its docstring."""
        found = [one.checks[name] for one in self._catalogues() if name in one.checks]
        return fill_text(found[0] if found else docstring, self.params)

    def _hints(self, hints: tuple[HintText, ...]) -> tuple[HintText, ...]:
        return tuple(
            HintText(text=fill_text(one.text, self.params), run=fill_text(one.run, self.params))
            for one in hints
        )

    def _fill(self, template: str, values: Mapping[str, Any]) -> str:
        """Put values into a text. Plain replacement: a text may have other braces, such as JSON."""
        template = fill_text(template, self.params)
        for key, value in values.items():
            template = template.replace("{" + key + "}", spell(value))
        return template

    def _code(self, code: str) -> CodeText | None:
        found = [one.codes[code] for one in self._catalogues() if code in one.codes]
        return found[0] if found else BUILTIN.get(code)

    def _catalogues(self) -> list[MessagesFile]:
        wanted = dict.fromkeys((self.language, FALLBACK))
        return [self.messages[one] for one in wanted if one in self.messages]


def spell(value: Any) -> str:
    """A value as a sentence shows it: lists by commas, labels as key=value, nothing as 'none'."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={spell(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(spell(item) for item in value) or "none"
    return "none" if value is None or value == "" else str(value)
