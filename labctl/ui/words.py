"""The few words that labctl itself says around a lab's texts, in the learner's language."""

import re
from collections.abc import Mapping
from typing import Final

_KOREAN: Final[Mapping[str, str]] = {
    "Waits for: {}": "먼저 통과해야 할 것: {}",
    "See it yourself: {}": "직접 보기: {}",
    "{} of {} checks pass.": "확인 {1}개 중 {0}개 통과.",
    "Next: {}": "다음: {}",
    "Still on its way. Next: {}": "아직 진행 중입니다. 다음: {}",
    "An error is not your work's fault. Next: {}": "오류는 내 작업 탓이 아닙니다. 다음: {}",
    "{} more: {}": "힌트 {}개 더: {}",
    "That was the last hint. The solution: {}": "마지막 힌트였습니다. 풀이: {}",
    "Differences": "차이",
}
_TITLES: Final = (
    (re.compile(r"Events of (.+)"), r"\1의 이벤트"),
    (re.compile(r"State of (.+)"), r"\1의 상태"),
    (re.compile(r"Last log lines of (.+)"), r"\1의 마지막 로그"),
    (re.compile(r"Pods of (.+)"), r"\1의 파드"),
)
"""Titles of evidence."""


def say(language: str, text: str, *values: object) -> str:
    """The text with its values, in Korean where that is the language and the text is known."""
    template = _KOREAN.get(text, text) if language == "ko" else text
    return template.format(*values)


def title(language: str, text: str) -> str:
    """A title of evidence."""
    if language != "ko":
        return text
    for english, korean in _TITLES:
        if english.fullmatch(text):
            return english.sub(korean, text)
    return _KOREAN.get(text, text)
