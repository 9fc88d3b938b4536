"""Labctl's own words in Korean: every one that is said is there, and keeps its values."""

import re

import pytest

from labctl.results import CheckResult, Evidence, Outcome, Report, StepResult
from labctl.texts import BUILTIN, TRANSLATED, Texts
from labctl.ui import words
from labctl.ui.results import text_lines

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("text", list(words._KOREAN))
def test_a_translation_has_the_same_values(text: str) -> None:
    values = [f"v{number}" for number in range(text.count("{}"))]
    korean = words.say("ko", text, *values)
    assert HANGUL.search(korean)
    assert all(value in korean for value in values)
    assert words.say("en", text, *values) == text.format(*values)


def test_a_report_in_korean_has_no_english_around_the_lab_s_texts() -> None:
    evidence = (Evidence("Events of Service web", ()), Evidence("Differences", ()))
    checks = (
        CheckResult("a", "가", Outcome.FAIL, code="x", evidence=evidence, see=("kubectl get x",)),
        CheckResult("b", "나", Outcome.BLOCKED, blocked_by="a"),
    )
    report = Report("lab", "lab", (StepResult("s", checks),), 0.1)
    said = "\n".join(line for line, _ in text_lines(report, Texts({}, "ko"), {}))
    for line in ("Service web의 이벤트:", "차이:", "직접 보기: kubectl get x", "먼저 통과해야 할"):
        assert line in said
    assert "검사 2개 중 0개 통과.\n다음: labctl hint s" in said


@pytest.mark.parametrize("code", list(BUILTIN))
def test_the_check_api_s_own_codes_are_translated_whole(code: str) -> None:
    english, korean = BUILTIN[code], TRANSLATED["ko"][code]
    for there, here in ((english.title, korean.title), (english.rationale, korean.rationale)):
        assert HANGUL.search(here)
        assert {"{expected}", "{actual}"} & set(re.findall(r"{\w+}", there)) == set(
            re.findall(r"{\w+}", here)
        )
    assert len(english.hints) == len(korean.hints)
    said = Texts({}, "ko").rationale(code, {"expected": "answers.yaml", "actual": []})
    assert "answers.yaml" in said or "없음" in said


def test_an_unknown_title_stays() -> None:
    assert words.title("ko", "Something else") == "Something else"
