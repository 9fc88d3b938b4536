"""The few words that labctl itself says around a lab's texts, in the learner's language."""

import re
from collections.abc import Mapping
from typing import Final

_KOREAN: Final[Mapping[str, str]] = {
    "Waits for: {}": "먼저 통과해야 할 것: {}",
    "See it yourself: {}": "직접 보기: {}",
    "{} of {} checks pass.": "검사 {1}개 중 {0}개 통과.",
    "Next: {}": "다음: {}",
    "Still on its way. Next: {}": "아직 진행 중입니다. 다음: {}",
    "An error is not your work's fault. Next: {}": "오류는 내 작업 탓이 아닙니다. 다음: {}",
    "{} more: {}": "힌트 {}개 더: {}",
    "That was the last hint. The solution: {}": "마지막 힌트였습니다. 풀이: {}",
    "Differences": "차이",
    "passed {}, holds": "{} 통과, 유지 중",
    "passed {}, no longer": "{} 통과, 지금은 아님",
    "passed {}, now unknown": "{} 통과, 지금은 알 수 없음",
    "Lab '{}' is watched; looked at {}. Ctrl-C ends it.": "실습 '{}': 변화를 감지하는 중, 마지막 확인 {}. Ctrl-C로 끝냅니다.",
    "Lab '{}' is polled; looked at {}. Ctrl-C ends it.": "실습 '{}': 몇 초마다 확인하는 중, 마지막 확인 {}. Ctrl-C로 끝냅니다.",
    "Changes can't be told: {}": "변화를 통지받을 수 없습니다: {}",
    "{} So it is since {}; waiting {} s more.": "{} {}부터 이 상태이며, {}초 더 기다립니다.",
    "All of it: {}": "전부 보기: {}",
    "Nobody's work was looked at meanwhile.": "그동안에는 작업을 확인하지 않았습니다.",
    "Changes can't be told, so it is looked every few seconds: {}": "변화를 통지받을 수 없어 몇 초마다 확인합니다: {}",
    "Changes are told again.": "다시 변화를 통지받습니다.",
    "{} Waiting {} s for it.": "{} {}초 동안 기다립니다.",
    "It answers again.": "다시 응답합니다.",
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
