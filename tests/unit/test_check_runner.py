"""Checks in the real child process: each outcome, and misbehaviour that stays contained."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.checks.runner import CheckRunner
from labctl.model import Cluster
from labctl.results import CheckResult, Fault, Outcome, Report
from labctl.tools.process import Process
from tests.check_fakes import ToldChecks
from tests.lab_factory import CHECKS, LAB, labs, tiny

pytestmark = pytest.mark.process

CLUSTER = Cluster("tiny", "tiny", "1.36.3", ("containerd",), "runc", ())
HEAD = "import os, sys, time\nfrom pathlib import Path\nfrom labctl.checks import *\n"


def run(
    folder: Path, checks: str, *, steps: str = "", step: str | None = None, **environ: str
) -> Report:
    lab = tiny(folder, lab=LAB[: LAB.index("steps:")] + steps if steps else LAB, checks=checks)
    env = {**os.environ, **environ}
    return CheckRunner(Process(env), env, folder / "work").run(lab, CLUSTER, "{}", step=step)


def told(folder: Path, step: str | None = None) -> Report:
    """The same from the fake that other tests have in the child's place."""
    runner = CheckRunner(ToldChecks({}), {}, folder / "work")
    return runner.run(Catalog(folder).get("tiny"), CLUSTER, "{}", step=step)


def timeless(report: Report) -> list[CheckResult]:
    return [replace(check, seconds=0.0) for check in report.checks]


def outcomes(report: Report) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in report.checks}


def test_a_failed_check_has_its_code_and_blocks_the_next_step_and_writes_nothing(
    tmp_path: Path,
) -> None:
    report = run(tmp_path, CHECKS)
    one, two = report.checks
    assert (one.outcome, one.code, one.expected, one.actual) == (
        Outcome.FAIL,
        "absent",
        "one",
        "nothing",
    )
    assert one.title == "One is there"
    assert (two.outcome, two.blocked_by) == (Outcome.BLOCKED, "one")
    names = {path.name for path in tmp_path.rglob("*")}
    assert not names & {"__pycache__", ".pytest_cache", "pytest.ini"}
    assert timeless(report) == timeless(told(tmp_path))


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie, which waits for a parent that reaps nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


STEPS = """
steps:
  - {id: first, checks: [quits, floods, exits, value, reads, late, unknown]}
  - {id: second, checks: [last]}
"""
WILD = (
    HEAD
    + '''
@check
def quits():
    """Ends the process"""
    child = os.fork()
    if child == 0:
        time.sleep(600)
    Path(__file__).with_name("pid").write_text(str(child))
    os._exit(0)

@check
def floods():
    """Prints 100 MB"""
    for _ in range(100):
        os.write(1, b"x" * (1 << 20))

@check
def exits():
    """Calls sys.exit"""
    sys.exit(0)

@check
def value():
    """Has a value"""
    return 42

@check(needs=value)
def reads(lab):
    """Reads it"""
    assert lab.value(value) == 42

@check
def late():
    """Is on its way"""
    raise NotYet("absent")

@check
def unknown(no_such_thing):
    """Wants what isn't there"""

@check(needs="quits")
def last():
    """Comes last"""
'''
)


def test_a_check_that_misbehaves_is_an_error_and_the_others_keep_their_results(
    tmp_path: Path,
) -> None:
    report = run(tmp_path, WILD, steps=STEPS)
    assert outcomes(report) == {
        "quits": Outcome.ERROR,
        "floods": Outcome.ERROR,
        "exits": Outcome.ERROR,
        "value": Outcome.PASS,
        "reads": Outcome.PASS,
        "late": Outcome.WAITING,
        "unknown": Outcome.ERROR,
        "last": Outcome.BLOCKED,
    }
    messages = {check.name: check.message for check in report.checks}
    started = int((tmp_path / "010-tiny/checks/pid").read_text())
    assert not is_running(started)
    assert messages["quits"] == "The check ended its process."
    assert "SystemExit" in messages["exits"]
    assert "no_such_thing" in messages["unknown"]
    assert {check.fault for check in report.checks if check.message} == {Fault.LAB}


def test_a_learner_s_pytest_settings_don_t_leak_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = nothing.py\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    report = run(
        tmp_path / "labs",
        CHECKS,
        PYTEST_ADDOPTS="--collect-only",
        PYTEST_PLUGINS="no_such_plugin",
    )
    assert outcomes(report)["one"] is Outcome.FAIL


def test_a_file_that_can_t_be_loaded_makes_its_checks_errors_with_the_reason(
    tmp_path: Path,
) -> None:
    report = run(tmp_path, CHECKS.replace("@check", "import no_such_module\n@check", 1))
    assert {check.outcome for check in report.checks} == {Outcome.ERROR}
    assert "no_such_module" in report.checks[0].message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('x' * (110 << 20), flush=True)", "check_bad.py can't be loaded: "),
        ("sys.exit(0)", "check_bad.py can't be loaded: it ended its process."),
        ("while True: pass", "did not end within 2 s"),
    ],
    ids=["floods", "exits", "hangs"],
)
def test_a_file_that_misbehaves_while_it_is_loaded_costs_only_its_own_checks(
    tmp_path: Path, code: str, said: str
) -> None:
    steps = "steps: [{id: first, checks: [bad, one, after]}, {id: second, checks: [two]}]"
    checks = {
        "010-tiny/lab.yaml": LAB[: LAB.index("steps:")] + steps,
        "010-tiny/checks/check_bad.py": f'{HEAD}\n{code}\n\n@check\ndef bad():\n    """Bad"""\n',
        "010-tiny/checks/check_after.py": (
            f'{HEAD}\n@check(needs="bad")\ndef after():\n    """After"""\n'
        ),
    }
    labs(tmp_path, **checks)
    lab = Catalog(tmp_path).get("tiny")
    env = dict(os.environ)
    report = CheckRunner(Process(env), env, tmp_path / "work", attempt=2).run(lab, CLUSTER, "{}")
    assert outcomes(report) == {
        "bad": Outcome.ERROR,
        "one": Outcome.FAIL,
        "after": Outcome.BLOCKED,
        "two": Outcome.PASS,
    }
    assert said in report.checks[0].message


def test_one_step_runs_what_it_needs_and_reports_itself_alone(tmp_path: Path) -> None:
    report = run(tmp_path, CHECKS, step="second")
    assert outcomes(report) == {"two": Outcome.BLOCKED}
    assert timeless(report) == timeless(told(tmp_path, step="second"))


HANGS = """
@check
def hangs():
    \"\"\"Hangs\"\"\"
    while True:
        pass

@check
def clings():
    \"\"\"Hangs on to life\"\"\"
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

@check(probe=True)
def fine():
    \"\"\"Is fine\"\"\"
"""


def test_a_check_that_hangs_is_ended_even_when_it_swallows_the_alarm(tmp_path: Path) -> None:
    text = LAB[: LAB.index("steps:")] + "steps: [{id: first, checks: [hangs, clings, fine]}]"
    lab = tiny(tmp_path, lab=text, checks=HEAD + HANGS)
    env = dict(os.environ)
    report = CheckRunner(Process(env), env, tmp_path / "work", attempt=0.2).run(lab, CLUSTER, "{}")
    assert list(outcomes(report).values()) == [Outcome.ERROR, Outcome.ERROR, Outcome.PASS]
    hangs, clings, fine = report.checks
    assert (hangs.probe, fine.probe) == (False, True)
    assert hangs.message == "The check did not end within 0.2 s."
    assert clings.message == "The check hung and was ended."


ESCAPES = (
    HEAD
    + '''
import signal

@check
def escapes():
    """Leaves its group, twice"""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            Path(__file__).with_name("pid").write_text(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    while not Path(__file__).with_name("pid").exists():
        time.sleep(0.01)

@check
def multiplies():
    """Forks on and on"""
    Path(__file__).with_name("first").write_text(str(os.getpid()))
    for _ in range(5):
        os.fork()
    if str(os.getpid()) != Path(__file__).with_name("first").read_text():
        os.setsid()
        with Path(__file__).with_name("many").open("a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(600)

@check
def fine():
    """Is fine"""
'''
)


def test_a_process_that_leaves_its_group_is_ended_too(tmp_path: Path) -> None:
    steps = "steps: [{id: first, checks: [escapes, multiplies, fine]}]"
    report = run(tmp_path, ESCAPES, steps=steps)
    assert list(outcomes(report).values()) == [Outcome.PASS] * 3
    folder = tmp_path / "010-tiny" / "checks"
    many = [int(line) for line in (folder / "many").read_text().split()]
    assert len(many) > 10
    assert not [pid for pid in (*many, int((folder / "pid").read_text())) if is_running(pid)]
