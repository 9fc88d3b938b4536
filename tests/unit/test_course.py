"""Where a learner stands in a course, and what comes next and why."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.course import Next, Reason, Standing, next_of, standings
from labctl.lab_digest import lab_digest
from labctl.model import Cluster
from labctl.ui.course import document, next_lines, rows, summary
from tests.course_factory import course

DAY = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class FakeLearner:
    """Progress that was decided before; `Learner` is held to the same by mypy, in labctl.cli."""

    passed: dict[str, list[str]] = field(default_factory=dict)
    finished: dict[str, str] = field(default_factory=dict)

    def first_passed(self, lab_id: str) -> dict[str, datetime]:
        return dict.fromkeys(self.passed.get(lab_id, ()), DAY)

    def done(self, lab_id: str) -> datetime | None:
        return DAY if lab_id in self.finished else None

    def digest(self, lab_id: str) -> str:
        return self.finished.get(lab_id, "")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(course(tmp_path))


def stand(
    catalog: Catalog,
    learner: FakeLearner,
    running: dict[str, str] | None = None,
    passes: tuple[str, ...] = (),
) -> tuple[Standing, ...]:
    """`running` is the clusters' names and labs."""
    found = [
        Cluster(name, lab, "1.36.3", ("containerd",), "runc", ())
        for name, lab in (running or {}).items()
    ]
    return standings(catalog.course().labs, catalog.get, learner, found, lambda _: passes)


def finished(catalog: Catalog, *labs: str) -> FakeLearner:
    digests = {lab: lab_digest(catalog.get(lab).folder) for lab in labs}
    return FakeLearner({lab: ["first", "second"] for lab in labs}, digests)


def test_at_the_start_the_first_lab_is_next(catalog: Catalog) -> None:
    labs = stand(catalog, FakeLearner())
    assert [lab.state for lab in labs] == ["open", "open", "later"]
    assert next_of(labs) == Next(
        "tiny",
        "",
        Reason("It is the first in the course's order that is not done, and it needs no other."),
        "labctl up tiny",
    )


def test_a_running_lab_goes_before_all_others(catalog: Catalog) -> None:
    learner = FakeLearner({"tiny": ["first"], "other": ["first"]})
    following = next_of(stand(catalog, learner, {"other": "other"}, ("first",)))
    assert following == Next(
        "other",
        "second",
        Reason("The lab is running, and {} of its {} steps passed.", (1, 2)),
        "labctl show other --step second",
    )


def test_what_the_running_cluster_has_counts_and_not_an_earlier_one(catalog: Catalog) -> None:
    learner = FakeLearner({"other": ["first"]})
    following = next_of(stand(catalog, learner, {"other": "other"}))
    assert following
    assert (following.step, str(following.why)) == (
        "first",
        "The lab is running, and this is its first step.",
    )


def test_steps_that_passed_one_by_one_ask_for_one_check_of_all(catalog: Catalog) -> None:
    labs = stand(catalog, FakeLearner(), {"mine": "tiny"}, ("first", "second"))
    following = next_of(labs)
    assert following
    assert (following.step, following.command) == ("", "labctl check --name mine")


def test_a_running_lab_that_is_done_is_not_in_the_way(catalog: Catalog) -> None:
    labs = stand(catalog, finished(catalog, "tiny"), {"tiny": "tiny"})
    assert next_of(labs) == Next("other", "", next_of(labs).why, "labctl up other")  # type: ignore[union-attr]


def test_a_lab_that_was_begun_goes_before_one_that_is_open(catalog: Catalog) -> None:
    following = next_of(stand(catalog, FakeLearner({"other": ["first"]})))
    assert following
    assert (following.command, str(following.why)) == (
        "labctl up other",
        "You began it: 1 of its 2 steps passed.",
    )


def test_a_lab_opens_when_all_that_it_needs_is_done(catalog: Catalog) -> None:
    labs = stand(catalog, finished(catalog, "tiny"))
    assert (labs[2].state, labs[2].waits_for) == ("later", ("other",))
    following = next_of(stand(catalog, finished(catalog, "tiny", "other")))
    assert following
    assert (following.lab, str(following.why)) == ("last", "It needs tiny, other, which are done.")


def test_when_all_is_done_nothing_is_next(catalog: Catalog) -> None:
    labs = stand(catalog, finished(catalog, "tiny", "other", "last"))
    assert next_of(labs) is None
    assert list(next_lines(None, labs, "en")) == ["All labs of the course are done."]


def test_steps_that_the_lab_no_longer_has_do_not_count(catalog: Catalog) -> None:
    labs = stand(catalog, FakeLearner({"tiny": ["removed"]}))
    assert labs[0].state == "open"


def test_the_course_reads_well(catalog: Catalog) -> None:
    learner = finished(catalog, "tiny")
    learner.passed["other"] = ["first"]
    learner.finished["tiny"] = "sha256:of an earlier version"
    labs = stand(catalog, learner, {"other": "other"})
    assert rows(labs, "en") == [
        ["1", "tiny", "A tiny lab", "done 2026-01-02"],
        ["2", "other", "Another lab", "1 of 2 steps"],
        ["3", "last", "The last lab", "after 2"],
    ]
    assert list(summary(labs, "en")) == [
        "1 of 3 labs done.",
        "Running: other.",
        "Changed since you did it: tiny.",
    ]
    assert list(next_lines(next_of(labs), labs, "en")) == [
        "Step 'first' of lab 'other': The first step.",
        "The lab is running, and this is its first step.",
        "Next: labctl show other --step first",
    ]


def test_the_document_has_what_the_text_has(catalog: Catalog) -> None:
    labs = stand(catalog, finished(catalog, "tiny"))
    found = document(labs, next_of(labs), {"en": "A course"})
    assert found["format"] == "labctl/course-progress/v1"
    assert found["labs"][0] == {
        "id": "tiny",
        "title": {"en": "A tiny lab"},
        "minutes": 5,
        "needs": [],
        "state": "done",
        "done": "2026-01-02T12:00:00+00:00",
        "changed": False,
        "running": None,
        "steps": [
            {"id": "first", "first_passed": "2026-01-02T12:00:00+00:00"},
            {"id": "second", "first_passed": "2026-01-02T12:00:00+00:00"},
        ],
    }
    assert found["labs"][2]["needs"] == ["tiny", "other"]
    assert found["next"]["command"] == "labctl up other"
    assert found["next"]["step"] is None
