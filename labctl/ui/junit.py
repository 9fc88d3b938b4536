"""A report as JUnit XML: a suite for each step, a test case for each check."""

import re
from collections.abc import Iterable
from typing import Any, Final

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from labctl.results import CheckResult, Outcome, Report
from labctl.texts import Texts, values

ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write. Logs have such characters, and readers refuse the whole file."""

_Result = tuple[Any, str]


def junit(report: Report, texts: Texts, titles: dict[str, str]) -> str:
    """The report as a file's text; docs/results.md says what becomes what."""
    return xml(
        report.lab,
        [
            suite(f"{report.lab}.{step.id}", cases)
            for step, cases in zip(report.steps, step_cases(report, texts, titles), strict=True)
        ],
    )


def step_cases(
    report: Report, texts: Texts, titles: dict[str, str], *, group: str = ""
) -> list[list[TestCase]]:
    """The cases of each step. `group` goes before their class names."""
    told = {check.name for check in report.checks}
    return [
        [
            _case(f"{group}{report.lab}.{step.id}", check, texts, titles, told=told)
            for check in step.checks
        ]
        for step in report.steps
    ]


def suite(name: str, cases: Iterable[TestCase]) -> TestSuite:
    """A suite with its numbers."""
    made = TestSuite(legal(name))
    for case in cases:
        made.add_testcase(case)
    return made


def case(group: str, name: str, seconds: float, result: Any = None, details: str = "") -> TestCase:
    """A test case; `result` is junitparser's Failure, Error or Skipped, or None where it passed."""
    made = TestCase(legal(name), classname=legal(group), time=round(seconds, 3))
    if result is not None:
        result.message = legal(result.message)
        result.text = legal(details) or None
        made.result = [result]
    return made


def xml(name: str, suites: Iterable[TestSuite]) -> str:
    """The whole document."""
    document = JUnitXml(legal(name))
    for one in suites:
        document.add_testsuite(one)
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def legal(text: str) -> str:
    """The text with a replacement character for each that XML can't have."""
    return ILLEGAL.sub("\ufffd", text)


def _case(
    group: str, check: CheckResult, texts: Texts, titles: dict[str, str], *, told: set[str]
) -> TestCase:
    result, details = _result(check, texts, titles, told)
    if details:
        details = f"{titles.get(check.name, check.title)}\n{details}"
    return case(group, check.name, check.seconds, result, details)


def _result(check: CheckResult, texts: Texts, titles: dict[str, str], told: set[str]) -> _Result:
    """What JUnit calls the outcome, and a text for people. `told` are the checks in the report."""
    if check.outcome is Outcome.PASS:
        return None, ""
    if check.outcome is Outcome.ERROR:
        return Error(check.message, str(check.fault or "")), check.message
    if check.outcome is Outcome.BLOCKED:
        reason = f"Waits for: {titles.get(check.blocked_by, check.blocked_by)}"
        # What it waits for is told by its own case. Without one, nothing would say that the work is
        # not there yet, and a file in which all is skipped looks like success.
        blocked = Skipped(reason) if check.blocked_by in told else Failure(reason, "blocked")
        return blocked, reason
    found = values(check)
    headline = texts.title(check.code, found)
    if check.outcome is Outcome.WAITING:
        headline = f"Not yet: {headline}"
    details = "\n".join(_details(check, texts.rationale(check.code, found)))
    return Failure(headline, check.code), details


def _details(check: CheckResult, rationale: str) -> Iterable[str]:
    yield rationale
    for evidence in check.evidence:
        yield f"{evidence.title}:"
        yield from (f"  {line}" for line in evidence.lines)
    yield from (f"See it yourself: {command}" for command in check.see)
