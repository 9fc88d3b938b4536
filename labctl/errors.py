"""The error tree. Each class owns its exit code; nothing here has a side effect.

    LabctlError
    +-- UsageError           2    the call's words are off
    +-- LabInvalid           3    a lab file is wrong
    +-- PrerequisiteMissing  4    the machine can't run a lab yet
    +-- ToolFailed           5    an outside tool failed
        +-- ToolTimeout      5    ... or took longer than it may
        +-- ApiUnreachable   5    a cluster's API server does not answer
        +-- KubeNotFound     5    it answers, and the object is not there
        +-- StoreUnreadable  5    the engine's own store can't be read; it can still be asked
    +-- Interrupted        130    Ctrl-C or a polite kill

A check that does not pass is no error: it is a result, and exit code 1.
"""

from collections.abc import Sequence
from enum import IntEnum
from shlex import join
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says when it ends; docs/exit-codes.md has the same table."""

    OK = 0
    NOT_PASSED = 1
    USAGE = 2
    LAB_INVALID = 3
    PREREQUISITE = 4
    TOOL = 5
    BUG = 70
    INTERRUPTED = 130


class LabctlError(Exception):
    """An expected failure: a full sentence on what and where, and a hint on what next."""

    exit_code: ClassVar[ExitCode] = ExitCode.TOOL

    def __init__(self, message: str, *, hint: str = "", details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class UsageError(LabctlError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = ExitCode.USAGE


class LabInvalid(LabctlError):
    """A lab or course file is wrong; `details` holds every problem with its place."""

    exit_code = ExitCode.LAB_INVALID


class PrerequisiteMissing(LabctlError):
    """Something that labctl needs is not there: engine, tool, image, running lab."""

    exit_code = ExitCode.PREREQUISITE


class ToolFailed(LabctlError):
    """An outside tool failed. `argv` can be pasted into a shell; `details` is its last output."""

    def __init__(
        self,
        message: str,
        *,
        argv: Sequence[str] = (),
        hint: str = "",
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.argv = tuple(argv)

    @property
    def command(self) -> str:
        """The command as one shell line; empty where no command was run."""
        return join(self.argv)


class ToolTimeout(ToolFailed):
    """An outside tool, or a wait for it, took longer than its deadline."""


class ApiUnreachable(ToolFailed):
    """A cluster's API server does not answer at all."""


class KubeNotFound(ToolFailed):
    """An object that the API server does not have. `names` are those that are there instead."""

    def __init__(self, message: str, *, names: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.names = tuple(names)


class StoreUnreadable(ToolFailed):
    """The engine's own store is not here, not ours to read, or not as it should be."""


class Interrupted(LabctlError):
    """The person or the system asked labctl to stop."""

    exit_code = ExitCode.INTERRUPTED
