"""Grades as a teacher reads them: table, CSV, JUnit, JSON, and Classroom 50's document."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.errors import ExitCode
from labctl.grades import Grade
from labctl.receipt import CheckOf, ClusterOf, LabOf, Receipt, StepOf
from labctl.results import CheckResult, Outcome, Report, StepResult
from labctl.texts import Texts
from labctl.ui.classroom import classroom
from labctl.ui.grades import document, junit_file, reasons, rows, step_summary, table_file
from tests.lab_factory import labs

DIGEST = f"sha256:{'a' * 64}"
RECEIPT = Receipt(
    lab=LabOf(id="tiny", digest=DIGEST),
    seed=7,
    time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    outcome=Outcome.PASS,
    cluster=ClusterOf.model_validate(
        {"kubernetes": "1.36.3", "runtimes": ["containerd"], "oci_runtime": "runc", "nodes": 1}
    ),
    labctl="1",
    engine="28",
    images={},
    steps=(
        StepOf(id="first", checks=(CheckOf(name="one", outcome=Outcome.PASS),)),
        StepOf(id="second", checks=(CheckOf(name="two", outcome=Outcome.PASS),)),
    ),
    digest=DIGEST,
)
REPORT = Report(
    "tiny",
    "grade",
    (
        StepResult("first", (CheckResult("one", "One", Outcome.PASS, 0.5),)),
        StepResult("second", (CheckResult("two", "Two", Outcome.FAIL, code="absent"),)),
    ),
    1.0,
)
SAID = "Check 'two': the receipt says pass; here it is fail (absent)."
DIFFERS = Grade("alice", Path("alice.json"), RECEIPT, Path("alice"), DIGEST, REPORT, (SAID,))
REFUSED = Grade("=bob", Path("bob.json"), reasons=("'bob.json' is no receipt: it is not JSON.",))
FAULT = Grade(
    "carl", Path("carl.json"), RECEIPT, reasons=("No space.",), fault=ExitCode.PREREQUISITE
)
CONFIRMED = replace(
    DIFFERS, learner="dora", reasons=(), report=replace(REPORT, steps=REPORT.steps[:1])
)
CONFIRMED = replace(CONFIRMED, receipt=RECEIPT.model_copy(update={"steps": RECEIPT.steps[:1]}))
ALL = (DIFFERS, REFUSED, FAULT, CONFIRMED)


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    return Catalog(labs(tmp_path)).get("tiny").texts("en")


def test_the_table_has_a_row_for_each(texts: Texts) -> None:
    assert rows(ALL) == [
        ["alice", "tiny", "1 of 2", "fail", "differs"],
        ["=bob", "-", "-", "refused", "-"],
        ["carl", "tiny", "-", "error", "-"],
        ["dora", "tiny", "1 of 1", "pass", "confirmed"],
    ]
    assert list(reasons(ALL)) == [
        *("", "alice:", f"  {SAID}"),
        *("", "=bob:", "  'bob.json' is no receipt: it is not JSON."),
        *("", "carl:", "  No space."),
    ]


def test_csv_is_for_spreadsheets_and_holds_no_formula() -> None:
    found = list(csv.DictReader(io.StringIO(table_file(ALL))))
    assert list(found[0]) == ["learner", "lab", "points", "of", "outcome", "receipt", "reasons"]
    assert found[0] == {
        "learner": "alice",
        "lab": "tiny",
        "points": "1",
        "of": "2",
        "outcome": "fail",
        "receipt": "differs",
        "reasons": SAID,
    }
    assert (found[1]["learner"], found[1]["points"], found[1]["receipt"]) == ("'=bob", "", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r-", " ="])
def test_no_cell_begins_as_a_formula(start: str) -> None:
    evil = replace(REFUSED, learner=f"{start}cmd", reasons=(f"{start}cmd",))
    [row] = list(csv.reader(io.StringIO(table_file([evil]))))[1:]
    assert row[0] == row[-1] == f"'{start.strip()}cmd"


def test_junit_has_the_receipt_and_each_check(texts: Texts) -> None:
    text = junit_file(ALL, lambda _: (texts, {"two": "Two is there"}))
    root = ET.fromstring(text)  # noqa: S314 - written by the code under test
    suites = {one.get("name"): one for one in root}
    assert list(suites) == ["alice tiny", "=bob", "carl tiny", "dora tiny"]
    names = [(one.get("classname"), one.get("name")) for one in suites["alice tiny"]]
    assert names == [
        ("alice.tiny", "receipt"),
        ("alice.tiny.first", "one"),
        ("alice.tiny.second", "two"),
    ]
    differs, failed = suites["alice tiny"].iter("failure")
    assert (differs.get("type"), differs.get("message")) == ("differs", SAID)
    assert failed.get("message") == "It is absent"
    assert [one.get("type") for one in suites["=bob"].iter("failure")] == ["refused"]
    assert [one.get("message") for one in suites["carl tiny"].iter("error")] == ["No space."]
    assert not list(suites["dora tiny"].iter("failure"))


def test_the_page_of_a_job_has_the_table() -> None:
    lines = step_summary(ALL).splitlines()
    assert lines[0] == "### 1 of 4 pass and are confirmed"
    assert lines[2] == "| Learner | Lab | Points | Outcome | Receipt | Reasons |"
    assert lines[5].startswith("| =bob | &#45; | &#45; | refused | &#45; | 'bob.json' is no")


def test_the_document_has_all_of_it() -> None:
    found = document(ALL)
    assert (found["format"], found["exit_code"]) == ("labctl/grades/v1", 4)
    alice, bob, *_ = found["grades"]
    assert (alice["points"], alice["of"], alice["confirmed"]) == (1, 2, False)
    assert alice["digest"] == {"receipt": DIGEST, "here": DIGEST}
    assert alice["checks"][1] == {
        "step": "second",
        "name": "two",
        "outcome": "fail",
        "code": "absent",
        "receipt": "pass",
    }
    assert (bob["lab"], bob["points"], bob["confirmed"], bob["checks"]) == (None, None, None, [])


NOW = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "hello",
    "ASSIGNMENT_TYPE": "group",
    "OWNER": "alice",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/release/1",
    "REVIEW_URL": "https://example.org/compare/1",
}


def test_classroom_s_document_is_as_its_runner_wants_it() -> None:
    assert classroom(DIFFERS, RUNNER, NOW) == {
        "schema": "classroom50/result/v1",
        "classroom": "cs",
        "assignment": "hello",
        "assignment_type": "group",
        "owner": "alice",
        "submission": "submit/2026-06-01T14-32-05Z-a1b2c3d",
        "commit": "https://example.org/commit/1",
        "release": "https://example.org/release/1",
        "review": "https://example.org/compare/1",
        "datetime": "2026-01-02T03:04:05Z",
        "graded_at": "2026-02-03T04:05:06Z",
        "score": 1,
        "max-score": 2,
        "tests": [
            {"test-name": "first/one", "passed": True, "score": 1, "max-score": 1},
            {"test-name": "second/two", "passed": False, "score": 0, "max-score": 1},
        ],
    }


def test_outside_of_the_runner_the_receipt_stands_in() -> None:
    found = classroom(DIFFERS, {}, NOW)
    assert found
    # The schema's own rules for what is no plain text.
    assert re.match("^submit/", found["submission"])
    assert all(isinstance(found[key], str) and found[key] for key in list(found)[:11])
    assert (found["owner"], found["assignment"], found["assignment_type"]) == (
        "alice",
        "tiny",
        "individual",
    )
    assert found["review"] == found["commit"] == f"receipt:{DIGEST}"
    assert found["submission"] == "submit/2026-01-02T03-04-05Z-aaaaaaa"
    assert set(found) == set(classroom(DIFFERS, RUNNER, NOW) or {})


def test_what_was_not_graded_is_no_result() -> None:
    assert classroom(REFUSED, RUNNER, NOW) is None
    assert classroom(FAULT, RUNNER, NOW) is None
    assert classroom(replace(DIFFERS, fault=ExitCode.TOOL), RUNNER, NOW) is None
