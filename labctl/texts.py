"""What a learner reads about codes, steps and checks, in their language or else in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labctl.manifest import FALLBACK, CodeText, MessagesFile

BUILTIN: Final[Mapping[str, CodeText]] = {
    "missing": CodeText(
        title="{expected} is not there",
        rationale="There is no {expected} in the lab's namespace. Of its kind there are: {actual}.",
        hints=("Look at what is there with 'labctl kubectl get all', and compare the names.",),
    ),
}
"""Codes that the check API itself raises; a lab may word them anew."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogues of one lab, seen in one language."""

    messages: Mapping[str, MessagesFile]
    language: str = FALLBACK

    def title(self, code: str, values: Mapping[str, Any]) -> str:
        """A code's headline; the code itself where no catalogue has it."""
        text = self._code(code)
        return _fill(text.title, values) if text else code

    def rationale(self, code: str, values: Mapping[str, Any]) -> str:
        """What was seen and what is wanted; both values where no catalogue has the code."""
        text = self._code(code)
        return _fill(text.rationale if text else "Expected {expected}, found {actual}.", values)

    def hints(self, code: str) -> tuple[str, ...]:
        """From a nudge to nearly the answer."""
        text = self._code(code)
        return text.hints if text else ()

    def step_title(self, step: str) -> str:
        """A step's heading."""
        found = [text.title for one in self._catalogues() if (text := one.steps.get(step))]
        return found[0] if found else step

    def step_hints(self, step: str) -> tuple[str, ...]:
        """A step's own hints."""
        found = [text.hints for one in self._catalogues() if (text := one.steps.get(step))]
        return found[0] if found else ()

    def check_title(self, name: str, docstring: str) -> str:
        """A check's title: translated, or its docstring."""
        found = [one.checks[name] for one in self._catalogues() if name in one.checks]
        return found[0] if found else docstring

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


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """Put values into a text. Plain replacement: a text may have other braces, such as JSON."""
    for key, value in values.items():
        template = template.replace("{" + key + "}", spell(value))
    return template
