"""The child process that runs checks: `python -m labctl.checks.child PLAN LAB_FOLDER FILE...`.

It splits in two. The worker runs pytest in a process group of its own; the watcher waits for it and
then ends that group and every process that came of it, so that what a check started does not outlive
the run, also where it left the group.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from labctl.checks.plan import Plan

MAX_FILE: Final = 64 << 20
"""Bytes that a check may print, or write to any one file."""
SUBREAPER: Final = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2): orphans below become the watcher's children, not init's."""
ROUNDS: Final = 100
INI: Final = "[pytest]\npython_files = check_*.py\n"


def main(argv: list[str]) -> int:
    """Run the checks; answers the worker's exit code."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    worker = os.fork()
    if worker == 0:
        _work(argv)
    with suppress(OSError):  # the worker does the same; whoever is first
        os.setpgid(worker, worker)

    def end(_number: int, _frame: FrameType | None) -> None:
        _kill(worker)

    signal.signal(signal.SIGTERM, end)
    _, status = os.waitpid(worker, 0)
    _kill(worker)
    _end_descendants()
    return os.waitstatus_to_exitcode(status) & 0xFF


def _end_descendants() -> None:
    """One that forks on and on is stopped first: a stopped process makes no more of them."""
    for _ in range(ROUNDS):
        below = _descendants()
        if not below:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in below:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, number)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _descendants() -> list[int]:
    """Every living process below this one."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = (folder / "stat").read_text().rpartition(") ")[2].split()[:2]
            if state != "Z" or int(parent) == os.getpid():
                parents[int(folder.name)] = int(parent)
    found: list[int] = []
    ring = {os.getpid()}
    while ring:
        ring = {process for process, parent in parents.items() if parent in ring}
        found += ring
    return found


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _work(argv: list[str]) -> NoReturn:
    code = 70
    try:
        with suppress(OSError):
            os.setpgid(0, 0)
        code = _pytest(Path(argv[0]), argv[1], argv[2:])
    finally:
        os._exit(code)


def _pytest(plan_path: Path, folder: str, files: list[str]) -> int:
    plan = Plan.read(plan_path)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    ini = plan_path.with_name("pytest.ini")
    ini.write_text(INI, encoding="utf-8")
    import pytest  # noqa: PLC0415 - after the limits are set

    from labctl.checks import plugin  # noqa: PLC0415 - by name, pytest would rewrite its source

    return pytest.main(
        [
            *("-c", str(ini), "--rootdir", folder, "--import-mode=importlib", "--noconftest"),
            *("-p", "no:cacheprovider", "-s", "-q", "--continue-on-collection-errors"),
            *("--labctl-plan", str(plan_path)),
            *files,
        ],
        plugins=[plugin],
    )


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
