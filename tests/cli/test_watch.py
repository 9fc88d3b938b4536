"""`labctl check --watch`: with real threads, one time with real checks, and no cluster behind them."""

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.waiting import Pending, wait_until
from tests.cli.test_lab_commands import Machine, Said
from tests.contract.test_kube import CONFIG
from tests.lab_factory import labs

pytestmark = pytest.mark.process

CHECKS = '''
from pathlib import Path
from labctl.checks import Missing, check

MARK = Path(__file__).with_name("mark")

@check
def one():
    """One is there"""
    if not MARK.exists():
        raise Missing("absent", expected="one", actual="nothing")

@check
def two():
    """Two is there"""
'''


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    labs(tmp_path / "labs", **{"010-tiny/checks/check_all.py": CHECKS})
    cluster = machine.settings.home / "clusters/tiny"
    (tmp_path / "work").mkdir()
    machine.passes = (tmp_path / "labs/010-tiny/checks/mark").exists
    for name, text in {"kubeconfig": CONFIG, "work": str(tmp_path / "work")}.items():
        cluster.mkdir(parents=True, exist_ok=True)
        (cluster / name).write_text(text)
    return machine


def watched(machine: Machine, act: Callable[[], object], *argv: str) -> Said:
    """Run `check --watch`; the learner acts when the first failure has been said."""
    out, err = io.StringIO(), io.StringIO()

    def learner() -> None:
        wait_until(
            lambda: "FAIL" in out.getvalue() or Pending(err.getvalue()), what="FAIL", timeout=60
        )
        act()

    with ThreadPoolExecutor(1) as pool:
        acted = pool.submit(learner)
        code = run(["check", "--watch", *argv], machine.app(out, err))
        acted.result(60)
    return Said(code, out.getvalue(), err.getvalue())


def test_it_ends_with_0_when_the_learner_s_change_makes_all_pass(
    machine: Machine, tmp_path: Path
) -> None:
    def work() -> None:
        (tmp_path / "labs/010-tiny/checks/mark").touch()
        (tmp_path / "work/answers.yaml").write_text("a: 1\n")

    machine.real_checks = True
    said = watched(machine, work)
    assert said.code == 0, said
    lines = [line.split(" ", 1)[1] for line in said.out.splitlines() if ":" in line[:3]]
    assert lines[0] == "FAIL  check one: One is there: It is absent"
    assert "PASS  check one: One is there" in lines
    passed = next(line for line in lines if line.startswith("PASS  step first"))
    assert passed.endswith(", holds)")
    assert said.out.endswith("2 of 2 checks pass.\nNext: labctl show --debrief\n")
    assert said.err == ""


def test_a_lab_that_goes_away_ends_it_with_4(machine: Machine) -> None:
    said = watched(machine, machine.engine.rows.clear, "--step", "first")
    assert said.code == 4
    assert "was removed while it was followed" in said.err
    assert "labctl up tiny" in said.err


def test_a_document_can_t_be_watched_nor_a_step_that_is_not_there(machine: Machine) -> None:
    said = machine.labctl("check", "--watch", "--output", "json")
    assert (said.code, said.out) == (2, "")
    assert "--watch" in said.err
    said = machine.labctl("check", "--watch", "--step", "frist")
    assert said.code == 2
    assert "did you mean 'first'?" in said.err


def test_threads_end_with_it(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "labs/010-tiny/checks/mark").touch()
    assert machine.labctl("check", "--watch").code == 0
    assert [one.name for one in threading.enumerate() if one.name.startswith("follow")] == []
