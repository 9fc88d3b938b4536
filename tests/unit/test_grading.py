"""Grading: nothing is believed, one bad receipt stops no other, one cluster serves many."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labctl.catalog import Catalog, Lab
from labctl.errors import (
    ApiUnreachable,
    ExitCode,
    Interrupted,
    LabctlError,
    PrerequisiteMissing,
    ToolFailed,
    UsageError,
)
from labctl.grades import Grade, exit_code
from labctl.lab_digest import lab_digest
from labctl.ops.grade.grading import grade, learners
from labctl.receipt import CheckOf, ClusterOf, LabOf, Receipt, StepOf, digest_of
from labctl.results import CheckResult, Fault, Outcome, Report, StepResult
from tests.course_factory import course

PASS, FAIL = Outcome.PASS, Outcome.FAIL
SHAPE = ClusterOf.model_validate(
    {"kubernetes": "1.36.3", "runtimes": ["containerd"], "oci_runtime": "runc", "nodes": 1}
)
OTHER_SHAPE = SHAPE.model_copy(update={"nodes": 3})
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@dataclass
class FakeStand:
    """A lab whose checks pass when something was applied, or as `outcomes` says."""

    lab: Lab
    work: Path
    desk: "FakeDesk"
    done: list[str] = field(default_factory=list)

    def enter(self) -> None:
        self.desk.said.append(f"enter {self.lab.id}")
        self.desk.fail("enter")
        self.work.mkdir(parents=True, exist_ok=True)

    def leave(self) -> None:
        self.desk.said.append("leave")
        self.desk.fail("leave")

    def run(self, script: Path) -> None:
        self.desk.fail("run")
        self.done.append(f"run {script.name}: {script.read_text().strip()}")

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self.desk.fail("apply")
        self.done.append(f"apply {len(list(documents))}")

    def check(self, *, patience: float) -> Report:
        assert patience > 60
        self.desk.fail("check")
        self.desk.said += self.done
        one, two = self.desk.outcomes
        steps = (
            StepResult("first", (result("one", one),)),
            StepResult("second", (result("two", two),)),
        )
        return Report(self.lab.id, "grade", steps, 1.0)


def result(name: str, outcome: Outcome) -> CheckResult:
    code = "absent" if outcome in (FAIL, Outcome.WAITING) else ""
    fault = Fault.API if outcome is Outcome.ERROR else None
    message = "No answer." if fault else ""
    return CheckResult(name, name, outcome, code=code, fault=fault, message=message)


@dataclass
class FakeDesk:
    """The teacher's labs. `errors` are raised at the first doing of what they are called after."""

    catalog: Catalog
    folder: Path
    outcomes: tuple[Outcome, Outcome] = (PASS, PASS)
    errors: dict[str, LabctlError] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def fail(self, what: str) -> None:
        if what in self.errors:
            raise self.errors.pop(what)

    def get(self, lab_id: str, seed: int) -> Lab:
        self.said.append(f"get {lab_id} {seed}")
        return self.catalog.get(lab_id)

    @contextmanager
    def cluster(self, lab: Lab, shape: ClusterOf) -> Iterator[Callable[[Lab], FakeStand]]:
        self.fail("up")
        self.said.append(f"up {lab.id} {shape.nodes}")
        try:
            yield lambda one: FakeStand(one, self.folder / one.id, self)
        finally:
            self.said.append("down")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(course(tmp_path / "labs"))


@pytest.fixture
def desk(catalog: Catalog, tmp_path: Path) -> FakeDesk:
    return FakeDesk(catalog, tmp_path / "cluster")


@dataclass
class Class:
    """Learners who hand in receipts and work."""

    folder: Path
    catalog: Catalog

    def hands_in(
        self,
        learner: str,
        *outcomes: Outcome,
        lab: str = "tiny",
        shape: ClusterOf = SHAPE,
        files: Mapping[str, str] | None = None,
        digest: str = "",
    ) -> Path:
        one, two = outcomes or (PASS, PASS)
        receipt = Receipt(
            lab=LabOf(id=lab, digest=digest or lab_digest(self.catalog.get(lab).folder)),
            seed=7,
            time=datetime(2026, 1, 2, tzinfo=UTC),
            outcome=Outcome.worst((one, two)),
            cluster=shape,
            labctl="1",
            engine="28",
            images={},
            steps=(
                StepOf(id="first", checks=(CheckOf(name="one", outcome=one),)),
                StepOf(id="second", checks=(CheckOf(name="two", outcome=two),)),
            ),
        )
        work = self.folder / learner
        for name, text in (files or {"first.yaml": CONFIG}).items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        path = self.folder / f"{learner}.json"
        path.write_text(receipt.text())
        return path


@pytest.fixture
def learner(tmp_path: Path, catalog: Catalog) -> Class:
    (tmp_path / "class").mkdir()
    return Class(tmp_path / "class", catalog)


def only(grades: tuple[Grade, ...]) -> Grade:
    [one] = grades
    return one


def test_work_that_is_as_its_receipt_says_is_confirmed(desk: FakeDesk, learner: Class) -> None:
    path = learner.hands_in("alice")
    found = only(grade([path], desk))
    assert (found.learner, found.lab, found.points, found.most) == ("alice", "tiny", 2, 2)
    assert (found.outcome, found.confirmed, found.reasons) == ("pass", True, ())
    assert exit_code([found]) is ExitCode.OK
    assert desk.said == ["get tiny 7", "up tiny 1", "enter tiny", "apply 1", "leave", "down"]


def test_a_receipt_is_not_believed(desk: FakeDesk, learner: Class) -> None:
    desk.outcomes = (PASS, FAIL)
    found = only(grade([learner.hands_in("alice")], desk))
    assert (found.points, found.outcome, found.confirmed) == (1, "fail", False)
    assert found.reasons == ("Check 'two': the receipt says pass; here it is fail (absent).",)
    assert exit_code([found]) is ExitCode.NOT_PASSED


def test_work_that_fails_as_its_receipt_says_is_confirmed_and_no_pass(
    desk: FakeDesk, learner: Class
) -> None:
    desk.outcomes = (PASS, Outcome.WAITING)
    found = only(grade([learner.hands_in("alice", PASS, FAIL)], desk))
    assert (found.outcome, found.confirmed, found.reasons) == ("waiting", True, ())
    assert exit_code([found]) is ExitCode.NOT_PASSED


def test_work_that_is_better_than_its_receipt_differs(desk: FakeDesk, learner: Class) -> None:
    found = only(grade([learner.hands_in("alice", PASS, FAIL)], desk))
    assert (found.outcome, found.confirmed) == ("pass", False)
    assert exit_code([found]) is ExitCode.NOT_PASSED


def test_another_version_of_the_lab_is_told_and_graded(desk: FakeDesk, learner: Class) -> None:
    digest = f"sha256:{'0' * 64}"
    found = only(grade([learner.hands_in("alice", digest=digest)], desk))
    assert (found.outcome, found.confirmed) == ("pass", True)
    assert found.reasons[0].startswith(f"The receipt is of other files of the lab: {digest}, here")


def test_step_files_are_applied_step_by_step_the_script_first(
    desk: FakeDesk, learner: Class
) -> None:
    files = {
        "second.sh": "echo 2",
        "first.yaml": CONFIG,
        "first.sh": "echo 1",
        "other.yaml": CONFIG,
    }
    path = learner.hands_in("alice", files=files)
    assert only(grade([path], desk, trust=True)).reasons == ()
    assert desk.said[3:-2] == ["run first.sh: echo 1", "apply 1", "run second.sh: echo 2"]


def test_scripts_of_strangers_are_not_run_and_that_is_said(desk: FakeDesk, learner: Class) -> None:
    files = {"first.sh": "rm -rf /", "second.yaml": CONFIG}
    found = only(grade([learner.hands_in("alice", files=files)], desk))
    assert found.reasons == ("Step 'first': first.sh was not run; --trust-work runs it.",)
    assert desk.said[3:-2] == ["apply 1"]


def test_without_step_files_all_manifests_are_applied(desk: FakeDesk, learner: Class) -> None:
    files = {"b.yaml": CONFIG, "a.yml": f"{CONFIG}---\n{CONFIG}", "answers.yaml": "port: 3\n"}
    assert only(grade([learner.hands_in("alice", files=files)], desk)).reasons == ()
    assert desk.said[3:-2] == ["apply 2", "apply 1"]


def test_starter_files_are_not_the_learner_s_work(desk: FakeDesk, learner: Class) -> None:
    starter = desk.folder / "tiny/first.yaml"
    starter.parent.mkdir(parents=True)
    starter.write_text(CONFIG)
    grade([learner.hands_in("alice", files={"note.txt": "nothing"})], desk)
    assert desk.said[3:-2] == []


@pytest.mark.parametrize(
    ("files", "error", "said"),
    [
        ({"first.yaml": "a: ["}, None, "Step 'first': first.yaml: 'first.yaml' is not valid YAML"),
        ({"a.yaml": "a: ["}, None, "'a.yaml': 'a.yaml' is not valid YAML"),
        (
            {"first.sh": "false", "second.yaml": CONFIG},
            ("run", ToolFailed("'bash' exited with 1.", details=["no such image"])),
            "Step 'first': first.sh: 'bash' exited with 1. no such image",
        ),
        (
            {"first.yaml": CONFIG, "second.yaml": CONFIG},
            ("apply", ToolFailed("The API server refused it.")),
            "Step 'first': first.yaml: The API server refused it.",
        ),
    ],
)
def test_work_that_fails_is_told_and_the_rest_goes_on(
    desk: FakeDesk,
    learner: Class,
    files: dict[str, str],
    error: tuple[str, LabctlError] | None,
    said: str,
) -> None:
    desk.errors = dict([error] if error else [])
    found = only(grade([learner.hands_in("alice", files=files)], desk, trust=True))
    assert found.reasons[0].startswith(said)
    assert found.outcome == "pass"
    if "second.yaml" in files:
        assert "apply 1" in desk.said


def test_one_bad_receipt_stops_no_other(desk: FakeDesk, learner: Class) -> None:
    good = learner.hands_in("good")
    edited = learner.hands_in("edited", FAIL, FAIL)
    edited.write_text(edited.read_text().replace('"fail"', '"pass"'))
    noise = learner.folder / "noise.json"
    noise.write_text("{")
    large = learner.folder / "large.json"
    with large.open("wb") as file:
        file.truncate(100 << 20)
    foreign = learner.hands_in("foreign")
    document = json.loads(foreign.read_text())
    document["lab"]["id"] = "tinny"
    document["digest"] = digest_of(document)
    foreign.write_text(json.dumps(document))
    workless = learner.hands_in("workless")
    for path in (learner.folder / "workless").iterdir():
        path.unlink()
    (learner.folder / "workless").rmdir()
    paths = [edited, noise, large, foreign, workless, learner.folder / "gone.json", good]
    found = grade(paths, desk)
    assert [one.outcome for one in found] == ["refused"] * 6 + ["pass"]
    assert [len(one.reasons) for one in found] == [1] * 6 + [0]
    assert "was changed after labctl wrote it" in found[0].reasons[0]
    assert "it is not JSON" in found[1].reasons[0]
    assert "100.0 MiB" in found[2].reasons[0]
    assert "There is no lab 'tinny', did you mean 'tiny'?" in found[3].reasons[0]
    assert "No work was handed in" in found[4].reasons[0]
    assert "can't be read" in found[5].reasons[0]
    assert [one.confirmed for one in found] == [None] * 6 + [True]
    assert exit_code(found) is ExitCode.NOT_PASSED
    assert exit_code(found[-1:]) is ExitCode.OK


def test_one_cluster_serves_all_of_a_lab_and_shape(desk: FakeDesk, learner: Class) -> None:
    paths = [
        learner.hands_in("a"),
        learner.hands_in("b", lab="other"),
        learner.hands_in("c", shape=OTHER_SHAPE),
        learner.hands_in("d"),
    ]
    notes: list[str] = []
    found = grade(paths, desk, note=notes.append)
    assert [one.learner for one in found] == ["a", "b", "c", "d"]
    shown = [one for one in desk.said if not one.startswith(("get", "apply"))]
    tiny = ["enter tiny", "leave"]
    assert shown == [
        *("up tiny 1", *tiny, *tiny, "down"),
        *("up other 1", "enter other", "leave", "down"),
        *("up tiny 3", *tiny, "down"),
    ]
    assert notes[0] == "a: pass, 2 of 2"


def test_a_lab_that_changes_its_cluster_gets_a_new_one_each_time(
    catalog: Catalog, desk: FakeDesk, learner: Class
) -> None:
    path = catalog.get("tiny").folder / "lab.yaml"
    path.write_text(path.read_text() + "reset: cluster\n")
    grade([learner.hands_in("a"), learner.hands_in("b")], desk)
    assert desk.said.count("up tiny 1") == 2


def test_the_machine_s_fault_is_nobody_s_grade(desk: FakeDesk, learner: Class) -> None:
    desk.outcomes = (PASS, Outcome.ERROR)
    found = only(grade([learner.hands_in("alice")], desk))
    assert (found.outcome, found.confirmed) == ("error", None)
    assert "Check 'two': No answer." in found.reasons
    assert exit_code([found]) is ExitCode.TOOL


@pytest.mark.parametrize("when", ["enter", "check", "run", "apply"])
def test_a_fault_on_the_way_is_no_grade_and_others_go_on(
    desk: FakeDesk, learner: Class, when: str
) -> None:
    files = {"first.sh": "true", "second.yaml": CONFIG}
    paths = [learner.hands_in(name, files=files) for name in ("a", "b")]
    desk.errors = {when: ApiUnreachable("The API server does not answer.")}
    found = grade(paths, desk, trust=True)
    assert [one.outcome for one in found] == ["error", "pass"]
    assert found[0].reasons == ("The API server does not answer.",)
    assert desk.said.count("leave") == 2
    assert exit_code(found) is ExitCode.TOOL


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PrerequisiteMissing("No engine."), ExitCode.PREREQUISITE),
        (ToolFailed("No space."), ExitCode.TOOL),
    ],
)
def test_a_cluster_that_can_t_be_made_is_told_of_all_that_needed_it(
    desk: FakeDesk, learner: Class, error: LabctlError, code: ExitCode
) -> None:
    desk.errors = {"up": error}
    found = grade(
        [learner.hands_in("a"), learner.hands_in("b"), learner.hands_in("c", lab="other")], desk
    )
    assert [one.outcome for one in found] == ["error", "error", "pass"]
    assert exit_code(found) is code


def test_a_cluster_that_can_t_be_is_the_receipt_s_fault(desk: FakeDesk, learner: Class) -> None:
    desk.errors = {"up": UsageError("There is no CRI-O for 1.37.")}
    found = grade([learner.hands_in("a"), learner.hands_in("b")], desk)
    assert [(one.outcome, one.reasons) for one in found] == [
        ("refused", ("There is no CRI-O for 1.37.",))
    ] * 2
    assert exit_code(found) is ExitCode.NOT_PASSED


def test_after_a_lab_that_stays_nothing_is_graded_on_its_cluster(
    desk: FakeDesk, learner: Class
) -> None:
    desk.errors = {"leave": ToolFailed("It does not go.")}
    found = grade([learner.hands_in("a"), learner.hands_in("b")], desk)
    assert [one.outcome for one in found] == ["pass", "error"]
    assert desk.said[-1] == "down"


def test_ctrl_c_ends_it_and_the_cluster_goes(desk: FakeDesk, learner: Class) -> None:
    desk.errors = {"check": Interrupted("Interrupted.")}
    with pytest.raises(Interrupted):
        grade([learner.hands_in("a"), learner.hands_in("b")], desk)
    assert desk.said[-2:] == ["leave", "down"]


def test_a_lab_that_can_t_be_read_here_is_the_lab_s_fault(
    catalog: Catalog, desk: FakeDesk, learner: Class
) -> None:
    path = learner.hands_in("alice")
    (catalog.get("tiny").folder / "lab.yaml").write_text("id: tiny\n")
    found = only(grade([path], desk))
    assert found.outcome == "error"
    assert exit_code([found]) is ExitCode.LAB_INVALID


def test_learners_are_told_apart() -> None:
    paths = [
        Path("/c/alice.json"),
        Path("/c/bob/receipt.json"),
        Path("/c/x/a.json"),
        Path("/c/y/a.json"),
    ]
    assert learners(paths) == ["alice", "bob/receipt", "x/a", "y/a"]
