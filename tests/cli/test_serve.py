"""`labctl serve` from the command line to a page that changes, and to its end."""

import io
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from labctl.cli import run
from labctl.waiting import Pending, wait_until
from tests.cli.test_lab_commands import Machine, Said
from tests.cli.test_watch import machine
from tests.fakes import FakeRunner
from tests.page_client import WAIT, Page

pytestmark = pytest.mark.process

__all__ = ["machine"]


def serve(machine: Machine, visit: Callable[[str], object], *argv: str, **fakes: object) -> Said:
    """Run the command; `visit` gets the printed address in a thread, and Ctrl-C comes after it.

    Unless it answers True: the command ends by itself then.
    """
    out, err = io.StringIO(), io.StringIO()
    app = machine.app(out, err, **fakes)
    done = threading.Event()

    def address() -> str | Pending:
        assert not done.is_set(), f"it ended before: {err.getvalue()}"
        return out.getvalue().strip() or Pending("no address")

    def visitor() -> None:
        ends = False
        try:
            ends = visit(wait_until(address, what="the address", timeout=WAIT)) is True
        finally:
            if not ends and not done.is_set():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        visited = pool.submit(visitor)
        code = run(["serve", *argv], app)
        done.set()
        visited.result(WAIT)
    return Said(code, out.getvalue(), err.getvalue())


def test_the_page_changes_with_the_learner_s_work_and_ctrl_c_ends_it_with_0(
    machine: Machine, tmp_path: Path
) -> None:
    ended: list[Future[Any]] = []
    reading = threading.Event()

    def visit(address: str) -> None:
        page = Page(address)
        assert page.get("/").status == 403
        assert "A tiny lab" in page.get("/", page.cookie).text
        with page.states() as states:
            state = states.until(lambda kind, _: kind == "state")
            assert [step["mark"] for step in state["steps"]] == ["FAIL", "BLOCK"]
            (tmp_path / "labs/010-tiny/checks/mark").touch()
            (tmp_path / "work/answers.yaml").write_text("a: 1\n")
            states.until(lambda _, data: data.get("passed") is True)
        ended.append(readers.submit(end, page))
        assert reading.wait(WAIT)

    def end(page: Page) -> Any:
        with page.states() as states:
            states.next()
            reading.set()
            return states.until(lambda kind, _: kind == "end")

    with ThreadPoolExecutor(1) as readers:
        said = serve(machine, visit)
        assert ended[0].result(WAIT) == {"reason": "Ctrl-C"}
    assert said.code == 0, said
    assert said.err == (
        "Lab 'tiny' is shown at this address until Ctrl-C:\nThe page has ended; the lab goes on.\n"
    )
    names = [one.name for one in threading.enumerate()]
    assert not [name for name in names if name.startswith(("serve", "follow"))]


def test_a_lab_that_goes_away_ends_the_page_with_the_reason_and_4(machine: Machine) -> None:
    def visit(address: str) -> bool:
        with Page(address).states() as states:
            machine.engine.rows.clear()
            ended = states.until(lambda kind, _: kind == "end")
        assert "was removed while it was followed" in ended["reason"]
        return True

    said = serve(machine, visit)
    assert said.code == 4
    assert "was removed while it was followed" in said.err


def test_the_page_outlives_an_outage_of_the_engine(machine: Machine) -> None:
    def visit(address: str) -> None:
        with Page(address).states() as states:
            states.until(lambda _, data: data.get("known") is True)
            machine.engine.alive = False
            away = states.until(lambda _, data: data.get("known") is False)
            assert "does not answer" in away["away"]
            machine.engine.alive = True
            states.until(lambda _, data: data.get("known") is True)

    assert serve(machine, visit).code == 0


def test_the_port_can_be_chosen_and_a_taken_one_is_told(machine: Machine) -> None:
    ports: list[int] = []

    def visit(address: str) -> None:
        ports.append(Page(address).port)
        said = machine.labctl("serve", "--port", str(ports[0]))
        assert (said.code, said.out) == (2, "")
        assert f"Port {ports[0]} of 127.0.0.1 can't be used" in said.err

    assert serve(machine, visit).code == 0
    assert serve(machine, Page, "--port", str(ports[0])).code == 0


class FakeDesktop(FakeRunner):
    """A desktop with a program that opens addresses; or none."""

    def __init__(self, *, there: bool = True) -> None:
        super().__init__()
        self.there = there
        self.opened: list[list[str]] = []

    def which(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if self.there and program == "xdg-open" else None

    def start_detached(self, argv: list[str], *, log: Path) -> int:
        self.opened.append(argv)
        return 1


def test_the_browser_is_opened_where_it_is_asked_for_with_a_token_for_one_use(
    machine: Machine,
) -> None:
    desktop = FakeDesktop()

    def visit(address: str) -> None:
        wait_until(lambda: bool(desktop.opened) or Pending("not yet"), what="browser", timeout=WAIT)
        ((program, opened),) = desktop.opened
        assert program == "xdg-open"
        assert opened != address
        page = Page(opened)
        assert page.get(f"/?{urlsplit(opened).query}").status == 403
        Page(address)

    assert serve(machine, visit, "--open", process=desktop).code == 0


def test_without_a_desktop_the_address_is_enough(machine: Machine) -> None:
    desktop = FakeDesktop(there=False)
    said = serve(machine, Page, "--open", process=desktop)
    assert said.code == 0
    assert "open the address by hand" in said.err
    assert desktop.opened == []


def test_nothing_is_opened_by_itself(machine: Machine) -> None:
    desktop = FakeDesktop()
    assert serve(machine, Page, process=desktop).code == 0
    assert desktop.opened == []


def test_a_lab_that_does_not_run_is_told(machine: Machine) -> None:
    machine.engine.rows = []
    said = machine.labctl("serve")
    assert (said.code, said.out) == (4, "")


@pytest.mark.parametrize("port", ["0", "70000", "x"])
def test_a_port_that_is_none_is_refused(machine: Machine, port: str) -> None:
    assert machine.labctl("serve", "--port", port).code == 2
