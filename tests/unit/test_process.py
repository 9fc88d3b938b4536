import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, ToolTimeout
from labctl.tools.process import Process


@pytest.fixture
def process() -> Process:
    return Process({"PATH": "/usr/bin:/bin"})


def test_both_streams_come_back_apart_and_lines_as_they_come(process: Process) -> None:
    lines: list[str] = []
    done = process.run(("sh", "-c", "echo out; echo err >&2"), timeout=5, on_line=lines.append)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    assert sorted(lines) == ["err", "out"]


def test_standard_input_is_empty_or_what_is_given(process: Process) -> None:
    assert process.run(("cat",), timeout=5).stdout == ""
    assert process.run(("cat",), timeout=5, stdin=b"text").stdout == "text"
    chunks = (b"x" * 1000 for _ in range(100))
    assert process.run(("wc", "-c"), timeout=5, stdin=chunks).stdout.strip() == "100000"


def test_a_failure_has_the_code_the_command_and_the_last_lines(process: Process) -> None:
    script = "for i in $(seq 30); do echo line $i; done; exit 3"
    with pytest.raises(ToolFailed, match="'sh' exited with 3") as caught:
        process.run(("sh", "-c", script), timeout=5)
    assert caught.value.command == f"sh -c '{script}'"
    assert caught.value.details[-1] == "line 30"
    assert len(caught.value.details) == 20


def test_a_program_that_is_not_there_says_how_to_get_it(process: Process) -> None:
    with pytest.raises(PrerequisiteMissing, match="'no-such-program'") as caught:
        process.run(("no-such-program",), timeout=5)
    assert "labctl setup" in caught.value.hint


def test_a_timeout_ends_the_whole_group(process: Process, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"sleep 60 & echo $! > {pid}; wait"
    with pytest.raises(ToolTimeout, match="did not end within"):
        process.run(("sh", "-c", script), timeout=0.3)
    assert _gone(int(pid.read_text()))


def test_an_interrupt_ends_the_whole_group(process: Process, tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupt() -> None:
        while not pid.exists() or not pid.read_text().strip():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        process.run(("sh", "-c", f"sleep 60 & echo $! > {pid}; wait"), timeout=30)
    assert _gone(int(pid.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_a_killed_labctl_takes_its_child_along(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "from labctl.tools.process import Process\n"
        "Process({'PATH': '/usr/bin:/bin'}).run("
        f"('sh', '-c', 'echo $$ > {pid}; exec sleep 60'), timeout=60)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        deadline = time.monotonic() + 10
        while not pid.exists() or not pid.read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        parent.kill()
    assert _gone(int(pid.read_text()))


def _gone(pid: int) -> bool:
    """A zombie counts as gone: its parent has only not looked yet."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
