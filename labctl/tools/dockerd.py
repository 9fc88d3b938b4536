"""Starting the Docker Engine: by the service manager, or by ourselves where there is none."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from labctl.errors import LabctlError, ToolFailed
from labctl.tools.process import Process
from labctl.waiting import Clock, Pending, wait_until

READY: Final = 60.0
"""Seconds until the engine answers; it took 1 to 3 where this was measured."""
MANAGER: Final = 90.0
LAST_LINES: Final = 15
# dockerd calls iptables, which a short PATH leaves out.
ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class Dockerd:
    """The engine's program on this machine.

    Args:
        process: starts programs.
        log: takes dockerd's words where we start it.
        answers: whether the engine answers now.
        root: another folder in tests.
        clock: another time in tests.
    """

    def __init__(
        self,
        process: Process,
        log: Path,
        answers: Callable[[], bool],
        *,
        root: Path = Path("/"),
        clock: Clock | None = None,
    ) -> None:
        self._process = process
        self._log = log
        self._answers = answers
        self._root = root
        self._clock = clock

    def command(self) -> tuple[str, ...]:
        """How the engine is started here."""
        if (self._root / "run/systemd/system").is_dir():
            return ("systemctl", "enable", "--now", "docker")
        first = self._root / "proc/1/comm"
        # WSL's and System V's first process are both called init, and both leave the script be.
        script = self._root / "etc/init.d/docker"
        if script.exists() and first.exists() and first.read_text().strip() == "init":
            return ("service", "docker", "start")
        return ("dockerd",)

    def start(self, on_pending: Callable[[str], None]) -> None:
        """Start the engine and return when it answers.

        Raises:
            PrerequisiteMissing: it is not installed.
            ToolFailed: it ended, or its service failed; `details` has its last words.
            ToolTimeout: it does not answer after READY seconds.
        """
        argv = self.command()
        if argv == ("dockerd",):
            self._start_detached(on_pending)
        else:
            self._process.run(argv, timeout=MANAGER, env=ENVIRONMENT)
            self._wait(lambda: None, on_pending, "Its log: journalctl -u docker, or /var/log.")

    def _start_detached(self, on_pending: Callable[[str], None]) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        begin = self._log.stat().st_size if self._log.exists() else 0
        # /usr/sbin is where Debian has it, and is not on everyone's PATH.
        found = self._process.which("dockerd") or "/usr/sbin/dockerd"
        pid = self._process.start_detached((found,), log=self._log, env=ENVIRONMENT)

        def died() -> LabctlError | None:
            if _alive(pid):
                return None
            return ToolFailed(
                "The Docker Engine ended as soon as it was started.",
                argv=("dockerd",),
                hint=f"The whole log: {self._log}. 'labctl doctor' may know why.",
                details=self._last_words(begin),
            )

        self._wait(died, on_pending, f"Its log: {self._log}")

    def _wait(
        self,
        died: Callable[[], LabctlError | None],
        on_pending: Callable[[str], None],
        hint: str,
    ) -> None:
        def ready() -> bool | Pending:
            if self._answers():
                return True
            if error := died():
                raise error
            return Pending("its socket does not answer yet")

        wait_until(
            ready,
            what="the Docker Engine",
            timeout=READY,
            clock=self._clock,
            on_pending=on_pending,
            hint=hint,
        )

    def _last_words(self, begin: int) -> tuple[str, ...]:
        with self._log.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode(errors="replace").splitlines()
        return tuple(lines[-LAST_LINES:])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
