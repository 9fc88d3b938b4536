"""What `labctl lab test` found: plain values, from one proof to a whole report."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from labctl.errors import ExitCode


class Proof(StrEnum):
    """What is proved of a lab, in the order in which it is done."""

    LINT = "lint"
    SCENE = "scene"
    UNTOUCHED = "untouched"
    MISTAKES = "mistakes"
    SOLUTIONS = "solutions"
    COMMANDS = "commands"
    RESET = "reset"
    CLEAN = "clean"


class Verdict(StrEnum):
    """How a proof ended, best first."""

    PASS = "pass"  # noqa: S105 - no password
    SKIP = "skip"
    BROKEN = "broken"
    """The lab is wrong."""
    ERROR = "error"
    """It could not be looked at: the machine's fault, or a tool's."""

    @staticmethod
    def worst(verdicts: Iterable["Verdict"]) -> "Verdict":
        """The worst one wins; none at all is a skip."""
        return max(verdicts, key=list(Verdict).index, default=Verdict.SKIP)


@dataclass(frozen=True, slots=True)
class Pair:
    """A Kubernetes and the runtime of each node, the control plane first."""

    kubernetes: str
    """As it was asked for, `1.36`, or full."""
    layout: tuple[str, ...]

    @property
    def runtime(self) -> str:
        """The runtimes as `--runtime` takes them, and the number of nodes where it is not one."""
        names = ",".join(dict.fromkeys(self.layout))
        return names if len(self.layout) == 1 else f"{names} x{len(self.layout)}"

    @property
    def minor(self) -> str:
        """`1.36` of `1.36.3`."""
        return ".".join(self.kubernetes.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Proved:
    """One thing that was looked at. `message` says what is wrong, `details` what a fixer needs."""

    proof: Proof
    verdict: Verdict
    name: str = ""
    """Which one of several: a mistake, a solution, a command."""
    message: str = ""
    details: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LabProofs:
    """One lab on one pair; `pair` is None where no cluster was needed to see that it is broken."""

    lab: str
    pair: Pair | None
    proved: tuple[Proved, ...]
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The worst of all; a lab of which nothing was proved is skipped."""
        return Verdict.worst(one.verdict for one in self.proved)

    def of(self, proof: Proof) -> tuple[Proved, ...]:
        """What was looked at for one proof."""
        return tuple(one for one in self.proved if one.proof is proof)


def exit_code(labs: Iterable[LabProofs]) -> ExitCode:
    """1 where a lab is broken; 5 where one could not be looked at; 4 where nothing was; else 0."""
    verdicts = {one.verdict for lab in labs for one in lab.proved}
    for verdict, code in (
        (Verdict.BROKEN, ExitCode.NOT_PASSED),
        (Verdict.ERROR, ExitCode.TOOL),
        (Verdict.PASS, ExitCode.OK),
    ):
        if verdict in verdicts:
            return code
    return ExitCode.PREREQUISITE
