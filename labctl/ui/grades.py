"""A class's grades: as a table, as CSV, as JUnit, and as the document labctl/grades/v1."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from junitparser import Error, Failure, TestCase, TestSuite

from labctl.grades import Grade, exit_code
from labctl.results import Outcome
from labctl.texts import Texts
from labctl.ui import junit
from labctl.ui.columns import wrapped
from labctl.ui.step_summary import table as markdown

FORMAT: Final = "labctl/grades/v1"
COLUMNS: Final = ("learner", "lab", "points", "outcome", "receipt")
WIDTH: Final = 80
Words = Callable[[Grade], tuple[Texts, dict[str, str]]]
"""The texts of a grade's lab, and its checks' titles."""


def rows(grades: Sequence[Grade]) -> list[list[str]]:
    """One row a receipt, for COLUMNS."""
    return [
        [
            one.learner,
            one.lab or "-",
            f"{one.points} of {one.most}" if one.report else "-",
            one.outcome,
            _confirmed(one, "-"),
        ]
        for one in grades
    ]


def reasons(grades: Sequence[Grade]) -> Iterator[str]:
    """What a teacher should know, below the table."""
    for one in grades:
        if one.reasons:
            yield ""
            yield f"{one.learner}:"
        for reason in one.reasons:
            yield from wrapped(reason, WIDTH, first="  ", rest="    ")


def table_file(grades: Sequence[Grade]) -> str:
    """CSV, a line for each receipt."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS[:2], "points", "of", *COLUMNS[3:], "reasons"))
    for one in grades:
        facts = (one.outcome, _confirmed(one, ""), " ".join(one.reasons))
        cells = (one.learner, one.lab, *((one.points, one.most) if one.report else ("", "")))
        writer.writerow([_cell(str(cell)) for cell in (*cells, *facts)])
    return text.getvalue()


def junit_file(grades: Sequence[Grade], words: Words) -> str:
    """JUnit XML: a suite for each receipt, a case for the receipt itself and for each check."""
    return junit.xml("labctl grade", [_suite(one, words) for one in grades])


def step_summary(grades: Sequence[Grade]) -> str:
    """Markdown for the page of a CI job."""
    good = sum(one.outcome == Outcome.PASS and bool(one.confirmed) for one in grades)
    table = [[*row, " ".join(one.reasons)] for row, one in zip(rows(grades), grades, strict=True)]
    columns = [column.capitalize() for column in (*COLUMNS, "reasons")]
    return markdown(f"{good} of {len(grades)} pass and are confirmed", columns, table)


def document(grades: Sequence[Grade]) -> dict[str, Any]:
    """All of it for programs; docs/grading.md describes it."""
    return {
        "format": FORMAT,
        "exit_code": int(exit_code(grades)),
        "grades": [_document(one) for one in grades],
    }


def _document(one: Grade) -> dict[str, Any]:
    receipt = one.receipt
    said = receipt.outcomes if receipt else {}
    return {
        "learner": one.learner,
        "receipt": str(one.path),
        "work": str(one.work) if one.work else None,
        "lab": one.lab or None,
        "digest": {"receipt": receipt.lab.digest if receipt else None, "here": one.digest or None},
        "points": one.points if one.report else None,
        "of": one.most if one.report else None,
        "outcome": one.outcome,
        "confirmed": one.confirmed,
        "reasons": list(one.reasons),
        "checks": [
            {
                "step": step.id,
                "name": check.name,
                "outcome": check.outcome.value,
                "code": check.code or None,
                "receipt": said[check.name].value if check.name in said else None,
            }
            for step in (one.report.steps if one.report else ())
            for check in step.checks
        ],
    }


def _suite(one: Grade, words: Words) -> TestSuite:
    cases = [_receipt_case(one)]
    if one.report:
        texts, titles = words(one)
        for step in junit.step_cases(one.report, texts, titles, group=f"{one.learner}."):
            cases += step
    return junit.suite(f"{one.learner} {one.lab}".strip(), cases)


def _receipt_case(one: Grade) -> TestCase:
    text = "\n".join(one.reasons)
    group = f"{one.learner}.{one.lab}".strip(".")
    if one.fault is not None:
        return junit.case(group, "receipt", 0.0, Error(one.reasons[0], "error"), text)
    if one.confirmed:
        return junit.case(group, "receipt", 0.0)
    what = "differs" if one.report else "refused"
    said = one.reasons[0] if one.reasons else what
    return junit.case(group, "receipt", 0.0, Failure(said, what), text)


def _confirmed(one: Grade, unknown: str) -> str:
    if one.confirmed is None:
        return unknown
    return "confirmed" if one.confirmed else "differs"


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: file names and texts are by strangers."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
