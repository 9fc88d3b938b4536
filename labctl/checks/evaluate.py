"""One check from its first attempt to its outcome: `within` and `stable`, and whose fault it is."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labctl.checks.api import CheckSpec, NotPassed, NotYet
from labctl.errors import ApiUnreachable, LabctlError, PrerequisiteMissing, ToolFailed
from labctl.results import Fault, Outcome
from labctl.waiting import Clock

INTERVAL = 0.5


class TookTooLong(BaseException):
    """Raised into a check that hangs; no `except Exception` in a lab catches it."""


@dataclass
class Patience:
    """Seconds that one run may spend on asking again; shared, so that one run has one limit."""

    seconds: float

    def take(self, seconds: float) -> None:
        """Some of it is spent."""
        self.seconds = max(0.0, self.seconds - seconds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check ended, before evidence and texts."""

    outcome: Outcome
    value: Any = None
    reason: NotPassed | None = None
    message: str = ""
    fault: Fault | None = None


@dataclass
class Evaluation:
    """Asks a check until it is settled."""

    attempt: Callable[[], Any]
    spec: CheckSpec
    patience: Patience
    clock: Clock = field(default_factory=Clock)

    def verdict(self) -> Verdict:
        """Ask at once, again for `within`, and on for `stable` after it passed."""
        limit = min(self.spec.within, self.patience.seconds)
        start = self.clock.now()
        while True:
            verdict = self._once()
            if verdict.outcome is Outcome.PASS and self.spec.stable:
                verdict = self._hold(verdict)
            spent = self.clock.now() - start
            if verdict.reason is None or spent + INTERVAL > limit:
                break
            self.clock.sleep(INTERVAL)
        self.patience.take(spent)
        return self._settle(verdict, spent)

    def _settle(self, verdict: Verdict, spent: float) -> Verdict:
        """What may still come is no failure, unless it has had all its time."""
        had_its_time = spent + INTERVAL > self.spec.within > 0
        if isinstance(verdict.reason, NotYet) and not had_its_time:
            return Verdict(Outcome.WAITING, reason=verdict.reason)
        return verdict

    def _hold(self, passed: Verdict) -> Verdict:
        since = self.clock.now()
        while self.clock.now() - since < self.spec.stable:
            self.clock.sleep(INTERVAL)
            passed = self._once()
            if passed.outcome is not Outcome.PASS:
                break
        return passed

    def _once(self) -> Verdict:
        try:
            return Verdict(Outcome.PASS, value=self.attempt())
        except NotPassed as reason:
            return Verdict(Outcome.FAIL, reason=reason)
        except BaseException as err:  # noqa: BLE001 - a lab's code may raise anything, SystemExit too
            return broken(err)


def broken(err: BaseException) -> Verdict:
    """An `error`: what was raised, and whether the lab or the machine is to blame for it."""
    fault = Fault.LAB
    if isinstance(err, ApiUnreachable):
        fault = Fault.API
    elif isinstance(err, PrerequisiteMissing):
        fault = Fault.ENGINE
    elif isinstance(err, ToolFailed):
        fault = Fault.TOOL
    if isinstance(err, LabctlError):
        message = " ".join((err.message, *err.details[-1:]))
        return Verdict(Outcome.ERROR, message=message, fault=fault)
    if isinstance(err, TookTooLong):
        return Verdict(Outcome.ERROR, message=str(err), fault=fault)
    where = traceback.extract_tb(err.__traceback__)[-1:]
    place = f" ({where[0].name}, line {where[0].lineno})" if where else ""
    text = f"The check itself broke: {type(err).__name__}: {err}{place}"
    return Verdict(Outcome.ERROR, message=text, fault=fault)
