"""What `doctor` answers: one finding for each thing that it looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from labctl.ops.doctor_facts import Facts, Unknown


class Level(StrEnum):
    """How much a finding matters: with `fail` a lab can't be run."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen, in a few words, and the command that helps; none where all is well."""

    level: Level
    seen: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that is looked at.

    Attributes:
        code: stable; docs/doctor.md lists them all.
        why: why it matters.
        by_hand: the command that shows the same to a person, for when labctl can't see it.
        evaluate: pure; facts to verdict.
    """

    code: str
    why: str
    by_hand: str
    evaluate: Callable[[Facts], Verdict | Unknown]


@dataclass(frozen=True, slots=True)
class Finding:
    """A look's outcome. `help` is a command or one sentence; empty where all is well."""

    code: str
    level: Level
    seen: str
    why: str
    help: str


def ok(seen: str) -> Verdict:
    """All is well."""
    return Verdict(Level.OK, seen)


def warn(seen: str, help: str) -> Verdict:  # noqa: A002 - the word that the JSON has
    """A lab runs, but something will be slower, narrower or surprising."""
    return Verdict(Level.WARN, seen, help)


def fail(seen: str, help: str) -> Verdict:  # noqa: A002
    """A lab can't be run."""
    return Verdict(Level.FAIL, seen, help)


def finding(look: Look, facts: Facts) -> Finding:
    """Evaluate one look; what could not be seen is a warning, never ok."""
    verdict = look.evaluate(facts)
    if isinstance(verdict, Unknown):
        seen = f"not looked at: {verdict.reason}"
        return Finding(look.code, Level.WARN, seen, look.why, look.by_hand)
    return Finding(look.code, verdict.level, verdict.seen, look.why, verdict.help)
