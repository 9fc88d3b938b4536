"""Outcomes, exit codes, and what a learner reads."""

from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.errors import ExitCode
from labctl.results import CheckResult, Evidence, Fault, Outcome, Report, StepResult
from labctl.texts import Texts, spell
from labctl.ui.results import document, text_lines
from tests.lab_factory import labs

PASSED = CheckResult("one", "One is there", Outcome.PASS)
FAILED = CheckResult(
    "one",
    "One is there",
    Outcome.FAIL,
    code="absent",
    expected="one",
    actual={"app": "two"},
    about=("Service/shop",),
    evidence=(Evidence("Events of Pod a", ("Warning Failed: " + "no such image " * 9,)),),
    see=("labctl kubectl get service shop -o yaml -n tiny",),
)
BLOCKED = CheckResult("two", "Two is there", Outcome.BLOCKED, blocked_by="one")


def error(fault: Fault) -> CheckResult:
    return CheckResult("two", "Two", Outcome.ERROR, message="It broke.", fault=fault)


def report(*checks: CheckResult) -> Report:
    return Report("tiny", "tiny", (StepResult("first", checks),), 1.0)


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    return Catalog(labs(tmp_path)).get("tiny").texts("en")


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((PASSED,), ExitCode.OK),
        ((PASSED, FAILED, BLOCKED), ExitCode.NOT_PASSED),
        ((PASSED, BLOCKED), ExitCode.NOT_PASSED),
        ((FAILED, error(Fault.LAB)), ExitCode.LAB_INVALID),
        ((FAILED, error(Fault.API), error(Fault.LAB)), ExitCode.TOOL),
        ((error(Fault.API), error(Fault.ENGINE)), ExitCode.PREREQUISITE),
        ((), ExitCode.LAB_INVALID),
    ],
)
def test_the_worst_outcome_decides_and_no_checks_is_no_success(
    checks: tuple[CheckResult, ...], code: ExitCode
) -> None:
    found = report(*checks)
    # A report without any check has no fault to name; nothing was looked at.
    assert found.exit_code == code


def test_a_report_reads_well_at_80_columns(texts: Texts) -> None:
    lines = [line for line, _ in text_lines(report(FAILED, BLOCKED), texts, {"one": "One"})]
    assert lines[:6] == [
        "The first step (first)",
        "  FAIL  One",
        "        It is absent.",
        "        It should be one and is app=two.",
        "        Events of Pod a:",
        "          Warning Failed: no such image no such image no such image no such",
    ]
    assert lines[-4:] == [
        "        Waits for: One",
        "",
        "0 of 2 checks pass.",
        "Next: labctl hint first",
    ]
    assert "        See it yourself: labctl kubectl get service shop -o yaml -n tiny" in lines
    assert max(map(len, lines)) <= 80


def test_a_code_without_a_text_falls_back_to_itself_and_its_values(texts: Texts) -> None:
    assert texts.title("unheard-of", {}) == "unheard-of"
    values = {"expected": 3, "actual": None}
    assert texts.rationale("unheard-of", values) == "Expected 3, found none."


def test_braces_that_are_no_placeholder_stay(texts: Texts) -> None:
    assert texts.title("missing", {"expected": "Pod {x}"}) == "Pod {x} is not there"
    assert spell({"a": [1, 2], "b": ""}) == "a=1, 2, b=none"


def test_the_document_has_what_the_text_has(texts: Texts) -> None:
    found = document(report(FAILED, BLOCKED, error(Fault.API)), texts, {})
    assert (found["format"], found["outcome"], found["exit_code"]) == (
        "labctl/result/v1",
        "error",
        5,
    )
    failed, blocked, broken = found["steps"][0]["checks"]
    assert failed["failure"]["rationale"] == "It should be one and is app=two."
    assert failed["failure"]["actual"] == {"app": "two"}
    assert blocked["blocked_by"] == "one"
    assert broken["error"] == {"message": "It broke.", "fault": "api"}
