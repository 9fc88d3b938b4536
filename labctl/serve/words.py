"""The page's own words. The lab's are in its guide and its messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labctl.manifest_types import FALLBACK
from labctl.results import Outcome


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Braces are filled in."""

    name: str
    """Of the language, in itself."""
    skip: str
    language: str
    """What the switch is called."""
    steps: str
    guide: str
    checks: str
    marks: Mapping[Outcome, str]
    unknown: str
    """In place of a mark, where it could not be looked at."""
    holds: str
    no_longer: str
    now_unknown: str
    summary: str
    hint: str
    """Before the command for the next hint."""
    passed: str
    debrief: str
    watched: str
    polled: str
    away: str
    first_look: str
    blocked: str
    evidence: str
    see: str
    copy: str
    copied: str
    copy_failed: str
    changed: str
    """Said by a screen reader."""
    lost: str
    ended: str
    script: str
    new_tab: str


ENGLISH: Final = Words(
    name="English",
    skip="Skip to the guide",
    language="Language",
    steps="Steps",
    guide="Guide",
    checks="What the checks see",
    marks={
        Outcome.PASS: "PASS",
        Outcome.BLOCKED: "BLOCK",
        Outcome.WAITING: "WAIT",
        Outcome.FAIL: "FAIL",
        Outcome.ERROR: "ERROR",
    },
    unknown="?",
    holds="passed {at}, holds",
    no_longer="passed {at}, no longer",
    now_unknown="passed {at}, now unknown",
    summary="{passed} of {all} checks pass.",
    hint="Stuck? Ask for a hint:",
    passed="All steps pass.",
    debrief="Read what happened",
    watched="Changes in the cluster, in Docker and in your folder are noticed. Last look: {at}.",
    polled="It is looked every few seconds, because changes can't be told: {reason} Last look: {at}.",
    away="{reason} So it is since {since}. Nobody's work is looked at meanwhile.",
    first_look="Looking at your work for the first time …",
    blocked="Waits for: {title}",
    evidence="What was seen",
    see="See it yourself",
    copy="Copy",
    copied="Copied",
    copy_failed="Not copied: select the text and copy it by hand.",
    changed="Step “{title}”: {mark}",
    lost="The connection is lost. Does “labctl serve” still run? What stands here may be old.",
    ended="labctl serve has ended: {reason}",
    script="This page needs JavaScript to show live results. In the terminal: labctl check --watch",
    new_tab="(opens in a new tab)",
)

KOREAN: Final = Words(
    name="한국어",
    skip="안내서로 건너뛰기",
    language="언어",
    steps="단계",
    guide="안내서",
    checks="검사 결과",
    marks={
        Outcome.PASS: "통과",
        Outcome.BLOCKED: "보류",
        Outcome.WAITING: "대기",
        Outcome.FAIL: "실패",
        Outcome.ERROR: "오류",
    },
    unknown="?",
    holds="{at} 통과, 유지 중",
    no_longer="{at} 통과, 지금은 아님",
    now_unknown="{at} 통과, 지금은 알 수 없음",
    summary="검사 {all}개 중 {passed}개가 통과했습니다.",
    hint="막혔다면 힌트를 보세요:",
    passed="모든 단계를 통과했습니다.",
    debrief="무슨 일이 있었는지 읽기",
    watched="클러스터, Docker, 작업 폴더의 변화를 감지합니다. 마지막 확인: {at}.",
    polled="변화를 통지받을 수 없어 몇 초마다 확인합니다: {reason} 마지막 확인: {at}.",
    away="{reason} {since}부터 이 상태입니다. 그동안에는 작업을 확인하지 않습니다.",
    first_look="작업을 처음 확인하는 중입니다 …",
    blocked="먼저 통과해야 하는 검사: {title}",
    evidence="확인한 내용",
    see="직접 확인하기",
    copy="복사",
    copied="복사했습니다",
    copy_failed="복사하지 못했습니다. 글자를 선택해 직접 복사하세요.",
    changed="단계 “{title}”: {mark}",
    lost="연결이 끊어졌습니다. “labctl serve”가 실행 중인가요? 아래 내용은 예전 것일 수 있습니다.",
    ended="labctl serve가 끝났습니다: {reason}",
    script="실시간 결과를 보려면 JavaScript가 필요합니다. 터미널에서는: labctl check --watch",
    new_tab="(새 탭에서 열림)",
)

WORDS: Final[Mapping[str, Words]] = {"en": ENGLISH, "ko": KOREAN}


def words(language: str) -> Words:
    """The page's words in that language, or in English."""
    return WORDS.get(language, WORDS[FALLBACK])
