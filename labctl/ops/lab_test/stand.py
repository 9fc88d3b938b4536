"""What the proofs need of a real lab on a real cluster, as a Protocol."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from labctl.catalog import Lab
from labctl.results import CheckResult, Report

State = Mapping[str, str]
"""Everything that a check or a lab could leave changed: what it is -> how it is."""


class Stand(Protocol):
    """One lab, on a cluster that others may have used before."""

    @property
    def lab(self) -> Lab:
        """The lab."""

    def reset(self) -> None:
        """A fresh scene, and a fresh working folder with the starter files."""

    def check(self, *, patience: float, step: str | None = None) -> Report:
        """The learner's checks; `patience` is for all asking again, in seconds."""

    def check_scene(self) -> tuple[CheckResult, ...]:
        """The scene's own checks."""

    def solve(self, step: str, solution: str) -> None:
        """Apply a solution's files for a step, if it has any."""

    def apply(self, folder: Path, step: str) -> bool:
        """Apply a folder's files for a step; False where it has none."""

    def run(self, commands: str) -> None:
        """Run command lines as a learner would; ToolFailed where one fails."""

    def state(self) -> State:
        """Cluster objects without what controllers and the server write; engine; files."""

    def pause(self, seconds: float) -> None:
        """Let time pass."""

    def render(self, report: Report) -> tuple[str, ...]:
        """A report as a learner reads it."""


def changed(before: State, after: State) -> tuple[str, ...]:
    """What differs between two looks, a line each."""
    lines = [f"new: {key}" for key in after if key not in before]
    lines += [f"gone: {key}" for key in before if key not in after]
    lines += [f"changed: {key}" for key in after if before.get(key, after[key]) != after[key]]
    return tuple(sorted(lines))
