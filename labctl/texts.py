"""What a learner reads about codes, steps and checks, in their language or else in English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.manifest_texts import CodeText, HintText, MessagesFile
from labctl.manifest_types import FALLBACK
from labctl.params import Values, fill_text
from labctl.results import CheckResult

VALUES: Final = ("expected", "actual", "about")
"""The places in a code's title and rationale, as `{expected}`; `\\{expected}` stands for itself."""
PLACES: Final = re.compile(r"\\\{|\{([a-z_]+)\}")
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
TRANSLATED: Final[Mapping[str, Mapping[str, CodeText]]] = {
    "ko": {
        "missing": CodeText(
            title="{expected}이(가) 없습니다",
            rationale="실습의 네임스페이스에 {expected}이(가) 없습니다. 같은 종류로는 {actual}이(가)"
            " 있습니다.",
            hints=(
                HintText(
                    text="'labctl kubectl get all'로 무엇이 있는지 보고 이름을 비교해 보세요."
                ),
            ),
        ),
        "file-missing": CodeText(
            title="작업 폴더에 {expected}이(가) 없습니다",
            rationale="작업 폴더에서 {expected}을(를) 찾았는데, 있는 것은 {actual}입니다.",
            hints=(
                HintText(
                    text="작업 폴더가 어디인지는 'labctl status'와 'labctl up'이 알려 줍니다."
                ),
                HintText(text="없어진 시작 파일은 'labctl up'을 하면 다시 생깁니다."),
            ),
        ),
        "file-unreadable": CodeText(
            title="{expected}을(를) 읽을 수 없습니다",
            rationale="작업 폴더에 있지만 읽지 못했습니다: {actual}.",
            hints=(
                HintText(text="YAML에서는 콜론 뒤에 빈칸을 두어 'key: value'로 씁니다."),
                HintText(
                    text="콜론, '#', 앞자리의 0이 들어간 값은 따옴표로 감싸면 그대로 남습니다."
                ),
            ),
        ),
    }
}
"""The same in other languages."""
_NOTHING: Final = {"ko": "없음"}


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

    def hints(self, code: str, values: Mapping[str, Any] | None = None) -> tuple[HintText, ...]:
        """From a nudge to nearly the answer. Without values, as the author wrote them."""
        text = self._code(code)
        found = self._hints(text.hints) if text else ()
        if values is None:
            return found
        return tuple(HintText(text=self._fill(one.text, values), run=one.run) for one in found)

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
        """Put values into a text, which may have other braces, such as JSON."""

        def spelled(place: re.Match[str]) -> str:
            name = place[1]
            if name is None:
                return "{"
            if name not in values:
                return place[0]
            said = spell(values[name])
            return _NOTHING.get(self.language, said) if said == spell(None) else said

        return PLACES.sub(spelled, fill_text(template, self.params))

    def _code(self, code: str) -> CodeText | None:
        found = [one.codes[code] for one in self._catalogues() if code in one.codes]
        return found[0] if found else TRANSLATED.get(self.language, {}).get(code, BUILTIN.get(code))

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


def values(check: CheckResult) -> dict[str, Any]:
    """What the texts of a check's code may use."""
    return {"expected": check.expected, "actual": check.actual, "about": spell(list(check.about))}
