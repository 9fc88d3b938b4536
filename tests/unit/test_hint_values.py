"""Hints name what was seen, and the same hint with another value is not a new one."""

from pathlib import Path

import pytest

from labctl.catalog import Catalog, Lab
from labctl.ops.hint import hint
from labctl.ops.learner_progress import LearnerProgress
from labctl.results import CheckResult, Outcome, Report, StepResult
from labctl.store import Store
from tests.lab_factory import MESSAGES, labs

HINTS = "hints: ['{actual} of {expected}: see {about}.', \"'awk {print}' of \\\\{actual}.\"]"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    messages = MESSAGES.replace("hints: [Look for it., Make it.]", HINTS)
    return Catalog(labs(tmp_path / "labs", **{"010-tiny/messages.en.yaml": messages})).get("tiny")


def seen(store: Store, actual: int) -> None:
    check = CheckResult(
        "one", "One", Outcome.FAIL, code="absent", expected=3, actual=actual, about=("Pod a",)
    )
    progress = LearnerProgress.load(store, "tiny")
    progress.saw(Report("tiny", "tiny", (StepResult("first", (check,)),), 0.0, whole=True))
    progress.save(store, "tiny")


def test_a_hint_has_the_values_of_the_last_failure(lab: Lab, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    seen(store, 1)
    assert hint(lab, "first", store, "tiny", language="en").texts == ("1 of 3: see Pod a.",)
    seen(store, 2)
    second = hint(lab, "first", store, "tiny", language="en")
    assert (second.texts, second.left) == (("'awk {print}' of {actual}.",), 1)
    everything = hint(lab, "first", store, "tiny", language="en", everything=True)
    assert everything.texts[0] == "2 of 3: see Pod a."
