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
    "{} of {} labs done.": "실습 {1}개 중 {0}개 완료.",
    "Running: {}.": "실행 중: {}.",
    "Changed since you did it: {}.": "완료한 뒤에 내용이 바뀐 실습: {}.",
    "All labs of the course are done.": "과정의 모든 실습을 마쳤습니다.",
    "Lab '{}': {}.": "실습 '{}': {}.",
    "Step '{}' of lab '{}': {}.": "실습 '{1}'의 단계 '{0}': {2}.",
    "done {}": "완료 {}",
    "{} of {} steps": "{1}단계 중 {0}단계",
    "after {}": "{}번 다음",
    "open": "시작 전",
    "Each of its steps has passed alone; it is done when all pass in one check.": (
        "단계마다 따로 통과했습니다. 한 번의 검사에서 모두 통과하면 완료입니다."
    ),
    "The lab is running, and {} of its {} steps passed.": (
        "실행 중이며, {1}단계 중 {0}단계를 통과했습니다."
    ),
    "The lab is running, and this is its first step.": "실행 중이며, 첫 단계입니다.",
    "You began it: {} of its {} steps passed.": "이미 시작했고, {1}단계 중 {0}단계를 통과했습니다.",
    "It needs {}, which is done.": "먼저 해야 할 {}을(를) 마쳤습니다.",
    "It needs {}, which are done.": "먼저 해야 할 {}을(를) 마쳤습니다.",
    "It is the first in the course's order that is not done, and it needs no other.": (
        "과정의 순서에서 아직 마치지 않은 첫 실습이고, 먼저 해야 할 것이 없습니다."
    ),
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
