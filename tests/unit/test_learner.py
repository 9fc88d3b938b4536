"""The learner's progress: first times stay, writes are whole, and nothing is silently lost."""

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.learner import MOST, Learner
from labctl.results import CheckResult, Outcome, Report, StepResult

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Days:
    """A time that is a day later at each look."""

    seen: list[datetime] = field(default_factory=list)

    def __call__(self) -> datetime:
        self.seen.append(START + timedelta(days=len(self.seen)))
        return self.seen[-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data/labctl/progress.json"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def learner(path: Path, said: list[str]) -> Learner:
    return Learner(path, say=said.append, now=Days())


def report(**steps: Outcome) -> Report:
    found = tuple(
        StepResult(name, (CheckResult(f"{name}_check", name, outcome),))
        for name, outcome in steps.items()
    )
    return Report("tiny", "tiny", found, 0.1)


def test_nothing_is_written_before_something_is_new(learner: Learner, path: Path) -> None:
    assert (learner.first_passed("tiny"), learner.done("tiny"), learner.labs()) == ({}, None, ())
    learner.saw(report(first=Outcome.FAIL, second=Outcome.BLOCKED))
    assert not path.parent.exists()


def test_the_first_time_of_a_step_stays(learner: Learner, path: Path) -> None:
    learner.saw(report(first=Outcome.PASS, second=Outcome.FAIL))
    learner.saw(report(first=Outcome.FAIL, second=Outcome.PASS))
    learner.saw(report(first=Outcome.PASS))
    assert learner.first_passed("tiny") == {"first": START, "second": START + timedelta(days=1)}
    assert Learner(path).first_passed("tiny") == learner.first_passed("tiny")
    assert learner.labs() == ("tiny",)


def test_a_report_without_news_writes_nothing(learner: Learner, path: Path) -> None:
    learner.saw(report(first=Outcome.PASS))
    before = path.stat().st_ino
    learner.saw(report(first=Outcome.PASS))
    assert path.stat().st_ino == before


def test_a_lab_is_done_when_all_passes_in_one_report(learner: Learner) -> None:
    learner.saw(report(first=Outcome.PASS, second=Outcome.WAITING))
    learner.saw(replace(report(second=Outcome.PASS), whole=False), digest="sha256:one")
    assert learner.done("tiny") is None
    learner.saw(report(first=Outcome.PASS, second=Outcome.PASS), digest="sha256:two")
    assert learner.done("tiny") == START + timedelta(days=2)
    learner.saw(report(first=Outcome.PASS, second=Outcome.PASS), digest="sha256:three")
    assert (learner.done("tiny"), learner.digest("tiny")) == (
        START + timedelta(days=2),
        "sha256:two",
    )


def test_a_step_that_a_lab_gets_later_does_not_move_the_day_on_which_it_was_done(
    learner: Learner,
) -> None:
    learner.saw(report(first=Outcome.PASS), digest="sha256:one")
    learner.saw(report(first=Outcome.PASS, second=Outcome.PASS), digest="sha256:two")
    assert (learner.done("tiny"), learner.digest("tiny")) == (START, "sha256:one")
    assert learner.first_passed("tiny")["second"] > START


def test_a_report_without_steps_is_no_lab_done(learner: Learner) -> None:
    learner.saw(report())
    assert learner.done("tiny") is None


def test_the_seed_is_chosen_once(learner: Learner, path: Path) -> None:
    seed = learner.seed()
    assert 0 <= seed < 1 << 31
    assert Learner(path).seed() == seed
    learner.forget()
    assert {Learner(path.with_name(f"{n}.json")).seed() for n in range(3)} != {seed}


def test_the_file_is_small_readable_and_private(learner: Learner, path: Path) -> None:
    learner.saw(report(first=Outcome.PASS), digest="sha256:x")
    document = json.loads(path.read_text())
    assert document == {
        "format": "labctl/progress/v1",
        "labs": {
            "tiny": {
                "steps": {"first": "2026-01-02T03:04:05Z"},
                "done": "2026-01-02T03:04:05Z",
                "digest": "sha256:x",
            }
        },
    }
    assert path.read_text().count("\n") > 5
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_later_labctl_s_file_is_left_as_it_is(
    learner: Learner, path: Path, said: list[str]
) -> None:
    path.parent.mkdir(parents=True)
    text = '{"format": "labctl/progress/v2", "labs": []}'
    path.write_text(text)
    for use in (learner.labs, learner.seed, lambda: learner.saw(report(first=Outcome.PASS))):
        with pytest.raises(PrerequisiteMissing, match="'labctl/progress/v2'") as caught:
            use()
        assert caught.value.hint.startswith("Update labctl: ")
    assert path.read_text() == text
    assert (said, list(path.parent.glob("*damaged*"))) == ([], [])


def test_keys_of_a_later_labctl_stay(learner: Learner, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"format": "labctl/progress/v1", "note": 1, "labs": {"a": {"stars": 3}}}')
    learner.saw(report(first=Outcome.PASS))
    document = json.loads(path.read_text())
    assert (document["note"], document["labs"]["a"]) == (1, {"stars": 3})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": "labctl/progress/v0"}',
        '{"format": "labctl/progress/v1", "seed": "x"}',
        '{"format": "labctl/progress/v1", "labs": {"tiny": {"steps": {"first": "today"}}}}',
        '{"format": "labctl/progress/v1"}' + " " * MOST,
    ],
)
def test_a_damaged_or_foreign_file_is_kept_beside_and_said_once(
    learner: Learner, path: Path, said: list[str], text: str
) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert learner.first_passed("tiny") == {}
    assert path.with_name("progress.json.damaged-1").read_text() == text
    learner.saw(report(first=Outcome.PASS))
    assert len(said) == 1
    assert str(path) in said[0]
    assert "'progress.json.damaged-1'" in said[0]
    path.write_text("worse")
    assert learner.seed() >= 0
    assert path.with_name("progress.json.damaged-1").read_text() == text
    assert path.with_name("progress.json.damaged-2").read_text() == "worse"


def test_bytes_that_are_no_text_are_kept_beside_too(learner: Learner, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\0")
    assert learner.done("tiny") is None
    assert path.with_name("progress.json.damaged-1").read_bytes() == b"\xff\xfe\0"


def test_a_link_to_a_synchronized_folder_stays_a_link(learner: Learner, path: Path) -> None:
    real = path.parents[2] / "cloud.json"
    path.parent.mkdir(parents=True)
    path.symlink_to(real)
    learner.saw(report(first=Outcome.PASS))
    assert path.is_symlink()
    assert "tiny" in real.read_text()


def test_two_at_once_lose_nothing(path: Path) -> None:
    def work(lab: str) -> None:
        Learner(path).saw(replace(report(first=Outcome.PASS), lab=lab))

    threads = [threading.Thread(target=work, args=(f"lab-{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Learner(path).labs()) == 20


def test_forgetting_leaves_nothing_and_can_be_repeated(learner: Learner, path: Path) -> None:
    learner.saw(report(first=Outcome.PASS))
    learner.forget()
    learner.forget()
    assert not path.parent.exists()


def test_forgetting_leaves_what_is_not_ours(learner: Learner, path: Path) -> None:
    learner.seed()
    (path.parent / "mine.txt").touch()
    learner.forget()
    assert [one.name for one in path.parent.iterdir()] == ["mine.txt"]


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A path whose folder can't be made, whoever runs the tests."""
    (tmp_path / "file").touch()
    return tmp_path / "file/progress.json"


def test_a_folder_that_cannot_be_written_is_one_message(blocked: Path) -> None:
    with pytest.raises(ToolFailed, match="Could not") as caught:
        Learner(blocked).seed()
    assert "LABCTL_HOME" in caught.value.hint
