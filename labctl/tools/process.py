"""The one door to outside programs. Wraps `sh` so that nothing else needs to know it.

Every call has an argv list, a timeout and an explicit environment. A child gets a session of its
own, so that Ctrl-C reaches labctl alone and labctl ends the child's whole group, politely first.
"""

import ctypes
import os
import shutil
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import sh

from labctl.errors import PrerequisiteMissing, ToolFailed, ToolTimeout
from labctl.interrupts import held

KILL_AFTER: Final = 10.0
"""Seconds between SIGTERM and SIGKILL."""
LAST_LINES: Final = 20
INSTALL_HINT: Final = "Run 'labctl setup' to install what is missing."

Input = bytes | IO[bytes] | Iterable[bytes] | None


@dataclass(frozen=True, slots=True)
class Output:
    """What a program printed."""

    stdout: str
    stderr: str


class Process:
    """Starts programs with a given environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def which(self, program: str) -> str | None:
        """The program's full path on PATH, or None."""
        return shutil.which(program, path=self._environ.get("PATH"))

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        stdin: Input = None,
        on_line: Callable[[str], None] | None = None,
        stdout: IO[bytes] | None = None,
        cwd: str | None = None,
    ) -> Output:
        """Run a program to its end.

        Args:
            argv: the program's name and its arguments.
            timeout: seconds.
            env: added to the environment that labctl was started with.
            stdin: bytes, a binary file or chunks of bytes for standard input; None is an empty one.
            on_line: called with each line of stdout and stderr as it comes, without its end.
            stdout: a binary file that takes standard output instead.
            cwd: the folder to run in.

        Raises:
            PrerequisiteMissing: the program is not on PATH.
            ToolTimeout: it ran longer than `timeout`; its process group is gone.
            ToolFailed: it ended with another code than 0; the last lines are in `details`.
        """
        path = self.which(argv[0])
        if path is None:
            raise PrerequisiteMissing(f"'{argv[0]}' is not installed.", hint=INSTALL_HINT)
        tail: deque[str] = deque(maxlen=LAST_LINES)
        out: list[str] = []
        err: list[str] = []
        running = watchdog = None
        try:
            # A child that was started must not get lost before it can be ended.
            with held():
                running = sh.Command(path)(
                    *argv[1:],
                    _in=b"" if stdin is None else stdin,
                    _out=stdout if stdout is not None else _sink(out, tail, on_line),
                    _err=_sink(err, tail, on_line),
                    _env={**self._environ, **(env or {})},
                    _cwd=cwd,
                    **_OPTIONS,
                )
                watchdog = _Watchdog(running.pid, timeout)
            running.wait()
        except sh.ErrorReturnCode as failure:
            if watchdog is None or not watchdog.barked:
                raise _failed(argv, failure, tail) from None
        except BaseException:
            if running is not None:  # its truth would be its output, and so a wait
                _end(running)
            raise
        finally:
            if watchdog is not None:
                watchdog.stop()
        if watchdog.barked:
            raise ToolTimeout(
                f"'{argv[0]}' did not end within {timeout:.0f} s.", argv=argv, details=tuple(tail)
            )
        return Output("".join(out), "".join(err))

    def start_detached(
        self, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> int:
        """Start a program that outlives labctl, in a session of its own; answers its process id.

        Args:
            argv: the program's name and its arguments.
            log: takes both of its streams, at its end; the folder must be there.
            env: added to the environment that labctl was started with.

        Raises:
            PrerequisiteMissing: the program is not on PATH.
        """
        path = self.which(argv[0])
        if path is None:
            raise PrerequisiteMissing(f"'{argv[0]}' is not installed.", hint=INSTALL_HINT)
        # Real files, not sh's pipes, which would end with labctl.
        with log.open("ab") as out, Path(os.devnull).open("rb") as nothing:
            started = sh.Command(path)(
                *argv[1:],
                _in=nothing,
                _out=out,
                _err=out,
                _env={**self._environ, **(env or {})},
                _tty_in=False,
                _tty_out=False,
                _bg=True,
                _bg_exc=False,
                _new_session=True,
                _return_cmd=True,
            )
        return int(started.pid)

    def replace(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        """Become another program, terminal and all; returns only when it can't be started.

        Raises:
            PrerequisiteMissing: the program is not on PATH.
        """
        path = self.which(argv[0])
        if path is None:
            raise PrerequisiteMissing(f"'{argv[0]}' is not installed.", hint=INSTALL_HINT)
        os.execve(path, list(argv), {**self._environ, **(env or {})})  # noqa: S606


def _sink(
    lines: list[str], tail: deque[str], on_line: Callable[[str], None] | None
) -> Callable[[str], None]:
    def take(line: str) -> None:
        lines.append(line)
        text = line.rstrip("\r\n")
        if text:
            tail.append(text)
        if on_line:
            on_line(text)

    return take


def _failed(argv: Sequence[str], failure: Any, tail: Iterable[str]) -> ToolFailed:
    code = failure.exit_code
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
    return ToolFailed(f"'{argv[0]}' {how}.", argv=argv, details=tuple(tail))


def _die_with_labctl() -> None:
    """Have the kernel end the child when labctl is killed: an orphaned kind would go on building."""
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


_OPTIONS: Final[dict[str, Any]] = {
    "_tty_in": False,
    "_tty_out": False,
    "_bg": True,
    "_bg_exc": False,
    "_new_session": True,
    "_preexec_fn": _die_with_labctl,
    "_return_cmd": True,
    "_decode_errors": "replace",
}


class _Watchdog:
    """Ends a process group after `timeout` seconds: SIGTERM, and SIGKILL after KILL_AFTER more.

    sh's own wait(timeout=) polls and may return before the last output was read, and its _timeout=
    sends one signal to one process.
    """

    def __init__(self, group: int, timeout: float) -> None:
        self.barked = False
        self._group = group
        self._timers = [
            threading.Timer(timeout, self._bark),
            threading.Timer(timeout + KILL_AFTER, _signal_group, (group, signal.SIGKILL)),
        ]
        for timer in self._timers:
            timer.daemon = True
            timer.start()

    def _bark(self) -> None:
        self.barked = True
        _signal_group(self._group, signal.SIGTERM)

    def stop(self) -> None:
        """Let the process be."""
        for timer in self._timers:
            timer.cancel()


def _signal_group(group: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


def _end(running: Any) -> None:
    """End a child and all that it started, politely first."""
    watchdog = _Watchdog(running.pid, 0)
    try:
        with suppress(sh.ErrorReturnCode):
            running.wait()
    finally:
        watchdog.stop()
        _signal_group(running.pid, signal.SIGKILL)
