"""Starting the engine, with a `dockerd` of our own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.errors import ToolFailed, ToolTimeout
from labctl.tools.dockerd import Dockerd
from labctl.tools.process import Process
from labctl.waiting import Pending, wait_until
from tests.fakes import FakeTime


def dockerd(tmp_path: Path, body: str, answers: Callable[[], bool], **options: object) -> Dockerd:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("dockerd", "systemctl", "service"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/calls\n{body}\n')
        program.chmod(0o755)
    process = Process({"PATH": f"{folder}:/usr/bin:/bin"})
    root = tmp_path / "root"
    (root / "proc/1").mkdir(parents=True, exist_ok=True)
    return Dockerd(process, tmp_path / "logs/dockerd.log", answers, root=root, **options)  # type: ignore[arg-type]


def nothing(_: str) -> None:
    pass


def test_systemd_starts_it_where_it_runs(tmp_path: Path) -> None:
    engine = dockerd(tmp_path, "", lambda: True)
    (tmp_path / "root/run/systemd/system").mkdir(parents=True)
    assert engine.command() == ("systemctl", "enable", "--now", "docker")
    engine.start(nothing)
    assert (tmp_path / "calls").read_text().endswith("systemctl enable --now docker\n")


@pytest.mark.parametrize(
    ("first", "command"),
    [("init\n", ("service", "docker", "start")), ("bash\n", ("dockerd",))],
)
def test_an_init_script_needs_an_init(tmp_path: Path, first: str, command: tuple[str, ...]) -> None:
    engine = dockerd(tmp_path, "", lambda: True)
    (tmp_path / "root/etc/init.d").mkdir(parents=True)
    (tmp_path / "root/etc/init.d/docker").touch()
    (tmp_path / "root/proc/1/comm").write_text(first)
    assert engine.command() == command


def test_without_a_service_manager_it_runs_on_in_a_session_of_its_own(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    body = f"echo up; echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 60"
    dockerd(tmp_path, body, pid.exists).start(nothing)
    number = int(pid.read_text())
    try:
        assert os.getsid(number) == number != os.getsid(0)
        assert (tmp_path / "logs/dockerd.log").read_text() == "up\n"
    finally:
        os.kill(number, signal.SIGKILL)


def test_a_detached_program_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from labctl.tools.process import Process\n"
        f"log = Path({str(tmp_path / 'log')!r})\n"
        "run = ('sh', '-c', 'read line; echo got $?; exec sleep 60')\n"
        "print(Process({'PATH': '/usr/bin:/bin'}).start_detached(run, log=log))"
    )
    parent = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, check=True, timeout=20
    )
    pid = int(parent.stdout)
    try:
        # Its standard input is empty, its output a file: nothing of it hangs on the parent.
        wait_until(
            lambda: (tmp_path / "log").read_text() == "got 1\n" or Pending("no line"),
            what="a line",
            timeout=5,
            interval=0.01,
        )
        assert os.getsid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)


def test_one_that_ends_at_once_shows_its_last_words_and_not_older_ones(tmp_path: Path) -> None:
    log = tmp_path / "logs/dockerd.log"
    log.parent.mkdir()
    log.write_text("of an earlier start\n")
    engine = dockerd(tmp_path, "echo no cgroups >&2; exit 1", lambda: False)
    with pytest.raises(ToolFailed, match="ended as soon as it was started") as caught:
        engine.start(nothing)
    assert caught.value.details == ("no cgroups",)
    assert str(log) in caught.value.hint


def test_one_that_never_answers_is_waited_for_and_told(tmp_path: Path) -> None:
    time = FakeTime()
    engine = dockerd(tmp_path, "", lambda: False, clock=time.clock())
    (tmp_path / "root/run/systemd/system").mkdir(parents=True)
    with pytest.raises(ToolTimeout, match="Waited 60 s for the Docker Engine"):
        engine.start(nothing)
    assert time.seconds >= 60


def test_a_service_that_fails_is_an_error_at_once(tmp_path: Path) -> None:
    engine = dockerd(tmp_path, "echo Job failed >&2; exit 1", lambda: False)
    (tmp_path / "root/run/systemd/system").mkdir(parents=True)
    with pytest.raises(ToolFailed, match="'systemctl' exited with 1") as caught:
        engine.start(nothing)
    assert caught.value.details == ("Job failed",)
