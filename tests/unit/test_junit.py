"""A report for CI: JUnit XML and the Markdown of a job's page."""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from junitparser import JUnitXml

from labctl.catalog import Catalog
from labctl.results import CheckResult, Fault, Outcome, Report, StepResult
from labctl.texts import Texts
from labctl.ui.junit import junit
from labctl.ui.step_summary import escaped, step_summary
from tests.lab_factory import labs
from tests.unit.test_results import BLOCKED, FAILED, PASSED, error

TITLES = {"one": "One is there", "two": "Two is there"}
EVIL = "a\x00b\x1b[31mc\ud800d\ufffee<&>\"'\u001f\x85\U0001f600 한국"


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    return Catalog(labs(tmp_path)).get("tiny").texts("en")


def report(*steps: tuple[CheckResult, ...]) -> Report:
    names = ("first", "second")
    found = tuple(StepResult(name, checks) for name, checks in zip(names, steps, strict=False))
    return Report("tiny", "tiny", found, 1.0)


def parsed(found: Report, texts: Texts) -> ET.Element:
    return ET.fromstring(junit(found, texts, TITLES))  # noqa: S314 - written by the code under test


def test_steps_are_suites_and_checks_are_cases(texts: Texts) -> None:
    two = replace(PASSED, name="two", seconds=1.5)
    root = parsed(report((PASSED, FAILED), (two,)), texts)
    suites = [(one.get("name"), one.get("tests"), one.get("failures")) for one in root]
    assert suites == [("tiny.first", "2", "1"), ("tiny.second", "1", "0")]
    [case] = root[1]
    assert (case.get("classname"), case.get("name"), case.get("time")) == (
        "tiny.second",
        "two",
        "1.5",
    )


def test_a_failure_has_its_code_its_reason_and_the_evidence(texts: Texts) -> None:
    [failure] = parsed(report((FAILED,)), texts).iter("failure")
    assert (failure.get("type"), failure.get("message")) == ("absent", "It is absent")
    assert failure.text
    lines = failure.text.splitlines()
    assert lines[:3] == [
        "One is there",
        "It should be one and is app=two.",
        "Events of Pod a:",
    ]
    assert lines[-1] == "See it yourself: labctl kubectl get service shop -o yaml -n tiny"


def test_an_error_is_an_error_and_says_whose(texts: Texts) -> None:
    [found] = parsed(report((error(Fault.API),)), texts).iter("error")
    assert (found.get("type"), found.get("message")) == ("api", "It broke.")


def test_blocked_is_skipped_where_its_cause_is_told_and_else_a_failure(texts: Texts) -> None:
    told = parsed(report((FAILED, BLOCKED)), texts)
    [skipped] = told.iter("skipped")
    assert skipped.get("message") == "Waits for: One is there"
    assert len(list(told.iter("failure"))) == 1
    [failure] = parsed(report((BLOCKED,)), texts).iter("failure")
    assert (failure.get("type"), failure.get("message")) == ("blocked", "Waits for: One is there")


def test_waiting_is_a_failure_that_says_so(texts: Texts) -> None:
    waiting = replace(FAILED, outcome=Outcome.WAITING)
    [failure] = parsed(report((waiting,)), texts).iter("failure")
    assert failure.get("message") == "Not yet: It is absent"


def test_a_report_that_does_not_pass_never_looks_green(texts: Texts) -> None:
    choices = (
        PASSED,
        FAILED,
        replace(FAILED, outcome=Outcome.WAITING),
        error(Fault.LAB),
        BLOCKED,
    )
    for first, second in itertools.product(choices, repeat=2):
        found = report((replace(first, name="one"), replace(second, name="two")))
        if second is BLOCKED and first is PASSED:
            continue  # it would wait for what passes
        if first is BLOCKED:
            found = report((replace(first, name="one", blocked_by="before"), second))
        bad = JUnitXml.fromstring(junit(found, texts, TITLES).encode())
        assert bool(bad.failures + bad.errors) == (found.outcome is not Outcome.PASS), found


def test_what_xml_cannot_have_is_replaced_everywhere(texts: Texts) -> None:
    evil = replace(
        FAILED,
        name=EVIL,
        actual=EVIL,
        see=(EVIL,),
        evidence=(replace(FAILED.evidence[0], title=EVIL, lines=(EVIL,)),),
    )
    broken = replace(error(Fault.LAB), message=EVIL)
    root = parsed(report((evil, broken)), texts)
    [failure], [found] = root.iter("failure"), root.iter("error")
    assert failure.text
    assert failure.text.count("a\ufffdb\ufffd[31mc\ufffdd\ufffde<&>\"'\ufffd") == 4
    assert "\U0001f600 한국" in failure.text
    assert found.get("message", "").startswith("a\ufffdb")


def test_the_summary_is_a_table(texts: Texts) -> None:
    assert step_summary(report((PASSED, FAILED), (BLOCKED,)), texts, TITLES).splitlines() == [
        "### Lab tiny: 1 of 3 checks pass",
        "",
        "| Step | Check | Outcome | Why |",
        "| --- | --- | --- | --- |",
        "| first | One is there | pass |  |",
        "| first | One is there | fail | It is absent. It should be one and is app=two. |",
        "| second | Two is there | blocked | Waits for: One is there |",
        "",
    ]


@pytest.mark.parametrize(
    "text",
    ["a|b", "<img src=x>", "@team", "[x](http://a)", "`x`", "a\nb", "&lt;", "\\|", "~~x~~", "#1"],
)
def test_a_cell_is_taken_as_plain_text(text: str) -> None:
    found = escaped(text)
    assert not set(found) & set("|<>@[]()`\\\n*_~")
    assert "&lt;" not in found


def test_a_cell_is_short(texts: Texts) -> None:
    failed = replace(FAILED, actual="x" * 10_000)
    assert len(step_summary(report((failed,)), texts, TITLES)) < 700


def test_an_error_has_its_message_in_the_table(texts: Texts) -> None:
    assert "| error | It broke. |" in step_summary(report((error(Fault.API),)), texts, TITLES)
