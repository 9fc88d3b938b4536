"""The proofs of `labctl lab test`, against a lab in memory that can be wrong in each way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labctl.catalog import Catalog, Lab
from labctl.errors import ApiUnreachable, ToolFailed
from labctl.ops.lab_test.proving import WHOLE, prove
from labctl.ops.lab_test.stand import changed
from labctl.proofs import Proof, Verdict
from labctl.results import CheckResult, Fault, Outcome, Report, StepResult
from tests.lab_factory import GUIDE, LAB, MESSAGES, labs

HINTS = MESSAGES.replace("[Look for it., Make it.]", '[{text: Look., run: "look there"}]')
BLOCK = "Do one.\n\n```sh run\nsee one\n```\n"
EXPECT = "format: labctl/mistake/v1\nstep: first\ncheck: one\ncode: absent\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Catalog(
        labs(
            tmp_path,
            **{
                "010-tiny/lab.yaml": LAB + "ci: {hold_seconds: 5}\n",
                "010-tiny/messages.en.yaml": HINTS,
                "010-tiny/README.md": GUIDE.replace("Do one.\n", BLOCK),
                "010-tiny/mistakes/wrong/first.sh": "false\n",
                "010-tiny/mistakes/wrong/expect.yaml": EXPECT,
            },
        )
    ).get("tiny")


def one(outcome: Outcome, code: str = "") -> CheckResult:
    fault = Fault.LAB if outcome is Outcome.ERROR else None
    message = "it broke" if fault else ""
    return CheckResult("one", "One", outcome, code=code, message=message, fault=fault)


GOOD, ABSENT = one(Outcome.PASS), one(Outcome.FAIL, "absent")


@dataclass
class FakeStand:
    """Solved steps, and what each of its checks would say."""

    lab: Lab
    solved: set[str] = field(default_factory=set)
    mistaken: bool = False
    ran: list[str] = field(default_factory=list)
    time: float = 0.0
    resets: int = 0
    solves: int = 0
    scene: tuple[CheckResult, ...] = ()
    untouched: Callable[["FakeStand"], CheckResult] = lambda _: ABSENT
    mistake: Callable[["FakeStand"], CheckResult] = lambda _: ABSENT
    good: Callable[["FakeStand"], CheckResult] = lambda _: GOOD
    keeps: bool = False
    fails: Callable[[str], None] = lambda _: None
    writes: int = 0
    checks: int = 0

    def reset(self) -> None:
        self.fails("reset")
        self.resets += 1
        if not self.keeps:
            self.solved, self.mistaken = set(), False

    def check(self, *, patience: float, step: str | None = None) -> Report:
        self.checks += 1
        first = self.mistake(self) if self.mistaken else self.untouched(self)
        if "first" in self.solved and not self.mistaken:
            first = self.good(self)
        second = CheckResult("two", "Two", Outcome.BLOCKED, blocked_by="one")
        if "second" in self.solved:
            second = CheckResult("two", "Two", Outcome.PASS)
        steps = (StepResult("first", (first,)), StepResult("second", (second,)))
        return Report("tiny", "tiny", tuple(s for s in steps if step in (None, s.id)), 0.1)

    def check_scene(self) -> tuple[CheckResult, ...]:
        return self.scene

    def solve(self, step: str, solution: str) -> None:
        self.solves += 1
        self.fails(f"solve {step} {self.solves}")
        self.solved.add(step)

    def apply(self, folder: Path, step: str) -> bool:
        self.mistaken = True
        return (folder / f"{step}.sh").is_file()

    def run(self, commands: str) -> None:
        self.fails(commands.strip())
        self.ran.append(commands.strip())

    def state(self) -> dict[str, str]:
        return {"file": str(self.checks if self.writes else 0)}

    def pause(self, seconds: float) -> None:
        self.time += seconds

    def render(self, report: Report) -> tuple[str, ...]:
        return tuple(f"{check.outcome} {check.name}" for check in report.checks)


def wrong(stand: FakeStand) -> list[tuple[Proof, Verdict, str]]:
    return [
        (found.proof, found.verdict, found.message)
        for found in prove(stand, lambda _: None)
        if found.verdict is not Verdict.PASS
    ]


def test_a_good_lab_is_proved_whole(lab: Lab) -> None:
    stand = FakeStand(lab)
    proved = list(prove(stand, lambda _: None))
    assert [found.verdict for found in proved if found.verdict is not Verdict.PASS] == []
    assert [found.proof for found in proved] == [
        Proof.SCENE,
        *[Proof.UNTOUCHED] * 2,
        Proof.MISTAKES,
        Proof.COMMANDS,
        Proof.COMMANDS,
        *[Proof.SOLUTIONS] * 2,
        Proof.RESET,
    ]
    assert stand.ran == ["look there", "see one"]
    assert stand.solves == 4


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(Outcome.PASS, "already passes"), (Outcome.WAITING, "'waiting'"), (Outcome.ERROR, "it broke")],
)
def test_nothing_but_fail_and_blocked_in_an_untouched_lab(
    lab: Lab, outcome: Outcome, said: str
) -> None:
    found = wrong(FakeStand(lab, untouched=lambda _: one(outcome)))
    assert found[0][:2] == (Proof.UNTOUCHED, Verdict.BROKEN)
    assert said in found[0][2]
    assert Proof.RESET in [proof for proof, _, _ in found]


def test_what_comes_true_by_itself_is_found_later(lab: Lab) -> None:
    stand = FakeStand(lab, untouched=lambda stand: GOOD if stand.time == 5 else ABSENT)
    assert "5 s after the start" in wrong(stand)[0][2]


def test_a_scene_that_is_another(lab: Lab) -> None:
    found = wrong(FakeStand(lab, scene=(GOOD, ABSENT)))
    assert found == [
        (
            Proof.SCENE,
            Verdict.BROKEN,
            "The fresh scene is another one than described: one: code 'absent': expected None,"
            " found None",
        )
    ]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (lambda _: GOOD, "Mistake 'wrong' passes: one does not see it."),
        (lambda _: one(Outcome.FAIL, "other"), "it has: fail with code 'other'"),
        (lambda _: one(Outcome.ERROR), "it has: error it broke"),
        (lambda stand: GOOD if stand.time < 12 else ABSENT, "give it stable="),
        (lambda _: one(Outcome.WAITING, "absent"), "it has: waiting with code 'absent'"),
    ],
)
def test_a_mistake_that_is_not_found(
    lab: Lab, seen: Callable[[FakeStand], CheckResult], said: str
) -> None:
    found = wrong(FakeStand(lab, mistake=seen))
    assert [(proof, verdict) for proof, verdict, _ in found] == [(Proof.MISTAKES, Verdict.BROKEN)]
    assert said in found[0][2]


def test_a_mistake_is_made_where_the_steps_that_it_needs_have_passed(tmp_path: Path) -> None:
    files = {
        "010-tiny/mistakes/late/second.sh": "false\n",
        "010-tiny/mistakes/late/expect.yaml": EXPECT.replace("step: first", "step: second"),
    }
    lab = Catalog(labs(tmp_path, **files)).get("tiny")
    asked: list[tuple[str | None, float, bool]] = []

    class Asked(FakeStand):
        def check(self, *, patience: float, step: str | None = None) -> Report:
            asked.append((step, patience, self.mistaken))
            return super().check(patience=patience, step=step)

    assert wrong(Asked(lab)) == []
    assert ("first", WHOLE, False) in asked[: [made for *_, made in asked].index(True)]
    found = wrong(FakeStand(lab, good=lambda stand: GOOD if stand.resets > 2 else ABSENT))
    message = "Mistake 'late' can't be made: step 'first' is not solved before it."
    assert found == [(Proof.MISTAKES, Verdict.BROKEN, message)]


def test_a_mistake_may_need_its_time(lab: Lab) -> None:
    def late(stand: FakeStand) -> CheckResult:
        return one(Outcome.WAITING, "absent") if stand.time < 60 else ABSENT

    assert wrong(FakeStand(lab, mistake=late)) == []


def fail_at(where: str, error: ToolFailed) -> Callable[[str], None]:
    def fails(now: str) -> None:
        if now == where:
            raise error

    return fails


def test_a_solution_that_works_only_once(lab: Lab) -> None:
    bash = ToolFailed("'bash' exited with 1.", argv=["bash", "x.sh"], details=["exists"])
    found = wrong(FakeStand(lab, fails=fail_at("solve first 3", bash)))
    assert found == [(Proof.SOLUTIONS, Verdict.BROKEN, "'bash' exited with 1.")]


def test_a_solution_that_holds_only_for_seconds(lab: Lab) -> None:
    stand = FakeStand(lab, good=lambda stand: GOOD if stand.time < 10 else ABSENT)
    assert "passes only in the first seconds" in wrong(stand)[0][2]


def test_a_solution_that_does_not_solve(lab: Lab) -> None:
    found = wrong(FakeStand(lab, good=lambda _: ABSENT))
    assert "does not solve step 'first'" in found[0][2]


def test_a_check_that_writes(lab: Lab) -> None:
    [(proof, verdict, message)] = wrong(FakeStand(lab, writes=1))
    assert (proof, verdict) == (Proof.SOLUTIONS, Verdict.BROKEN)
    assert "may only look" in message


def test_a_reset_that_does_not(lab: Lab) -> None:
    class Keeps(FakeStand):
        def reset(self) -> None:
            super().reset()
            if self.solves >= 4:
                self.solved = {"first"}

    assert wrong(Keeps(lab)) == [
        (Proof.RESET, Verdict.BROKEN, "The lab was reset, and one already passes (after reset).")
    ]


@pytest.mark.parametrize("command", ["look there", "see one"])
def test_a_command_that_does_not_work(lab: Lab, command: str) -> None:
    broken = ToolFailed("'bash' exited with 2.", argv=["bash"])
    [(proof, verdict, message)] = wrong(FakeStand(lab, fails=fail_at(command, broken)))
    assert (proof, verdict) == (Proof.COMMANDS, Verdict.BROKEN)
    assert command in message


def test_an_api_server_that_dies_breaks_no_lab(lab: Lab) -> None:
    gone = ApiUnreachable("The API server does not answer.")
    found = wrong(FakeStand(lab, fails=fail_at("solve second 2", gone)))
    assert found == [(Proof.SOLUTIONS, Verdict.ERROR, "The API server does not answer.")]


def test_two_looks_are_compared() -> None:
    assert changed({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == (
        "changed: b",
        "gone: c",
        "new: d",
    )
