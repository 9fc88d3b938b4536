"""The proofs of a lab, one after the other, each with its own message."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from labctl.errors import (
    ApiUnreachable,
    Interrupted,
    LabctlError,
    PrerequisiteMissing,
    ToolFailed,
)
from labctl.guide import run_blocks
from labctl.manifest_checks import MistakeFile
from labctl.manifest_problems import load
from labctl.manifest_texts import HintText
from labctl.manifest_types import FALLBACK
from labctl.ops.lab_test.stand import Stand, changed
from labctl.proofs import Proof, Proved, Verdict
from labctl.results import CheckResult, Outcome, Report

WHOLE: Final = 600.0
"""Seconds: each check gets all of its own time."""
QUICK: Final = 10.0
LONGEST: Final = {
    Outcome.WAITING: 240.0,
    Outcome.PASS: 20.0,
}
"""Seconds that a mistake may take to show itself, by what its check says meanwhile."""
LONG: Final = 60.0
"""For what else it says: another code, or that it is blocked."""
PAUSE: Final = 2.0
OF_MACHINE: Final = (("docker",), ("kind",))
"""Programs that labctl starts itself; a lab's own scripts run in bash."""

Step = Callable[[Stand], Iterable[Proved]]


def prove(stand: Stand, on_proof: Callable[[str], None]) -> Iterator[Proved]:
    """Everything that needs a cluster, but what is left afterwards. Later proofs go on after a broken one.

    Args:
        stand: the lab.
        on_proof: told what is being looked at.
    """
    proofs: tuple[tuple[str, Proof, Step], ...] = (
        ("a fresh scene", Proof.SCENE, _scene),
        ("nothing is solved at the start", Proof.UNTOUCHED, _untouched),
        ("each mistake is found", Proof.MISTAKES, _mistakes),
        ("the solutions pass", Proof.SOLUTIONS, _solutions),
        ("reset brings the start back", Proof.RESET, _reset),
    )
    for what, proof, step in proofs:
        on_proof(what)
        yield from _guarded(proof, step(stand))


def _guarded(proof: Proof, proved: Iterable[Proved]) -> Iterator[Proved]:
    """A tool that fails ends a proof, not the run."""
    start = time.monotonic()
    try:
        for one in proved:
            yield replace(one, seconds=round(time.monotonic() - start, 1))
            start = time.monotonic()
    except Interrupted:
        raise
    except LabctlError as err:
        yield failed(proof, "", err)


def failed(proof: Proof, name: str, err: LabctlError) -> Proved:
    """What could not be done: the machine's fault where engine or API server went away."""
    command = err.argv if isinstance(err, ToolFailed) else ()
    machine = isinstance(err, PrerequisiteMissing | ApiUnreachable) or command[:1] in OF_MACHINE
    verdict = Verdict.ERROR if machine else Verdict.BROKEN
    details = [f"$ {err.command}"] if isinstance(err, ToolFailed) and command else []
    return Proved(proof, verdict, name, err.message, (*details, *err.details))


def _scene(stand: Stand) -> Iterator[Proved]:
    stand.reset()
    wrong = [one for one in stand.check_scene() if one.outcome is not Outcome.PASS]
    for one in wrong:
        said = one.message or f"code '{one.code}': expected {one.expected}, found {one.actual}"
        message = f"The fresh scene is another one than described: {one.name}: {said}"
        yield Proved(Proof.SCENE, Verdict.BROKEN, one.name, message, _evidence(one))
    if not wrong:
        yield Proved(Proof.SCENE, Verdict.PASS)


def _untouched(stand: Stand) -> Iterator[Proved]:
    """At once, and again after a while: what passes only in its first seconds is found too."""
    yield from _nothing_passes(Proof.UNTOUCHED, stand, ("at the start", ""))
    hold = stand.lab.file.ci.hold_seconds
    if hold:
        stand.pause(hold)
        yield from _nothing_passes(Proof.UNTOUCHED, stand, (f"{hold} s after the start", "later"))


def _nothing_passes(proof: Proof, stand: Stand, when: tuple[str, str]) -> Iterator[Proved]:
    report = stand.check(patience=0)
    wrong = [one for one in report.checks if one.outcome not in (Outcome.FAIL, Outcome.BLOCKED)]
    for one in wrong:
        how = {
            Outcome.PASS: "already passes",
            Outcome.WAITING: "is 'waiting': where nothing was begun, raise Missing or Mismatch",
            Outcome.ERROR: f"is an error: {one.message}",
        }[one.outcome]
        message = f"Nobody has done anything, and {one.name} {how} ({when[0]})."
        yield Proved(proof, Verdict.BROKEN, one.name, message, stand.render(_only(report, one)))
    if not wrong:
        yield Proved(proof, Verdict.PASS, when[1])


def _mistakes(stand: Stand) -> Iterator[Proved]:
    folder = stand.lab.folder / "mistakes"
    names = sorted(path.name for path in folder.glob("*") if path.is_dir())
    if not names:
        yield Proved(Proof.MISTAKES, Verdict.BROKEN, message="The lab has no mistakes to be found.")
    for name in names:
        mistake, _ = load(folder / name / "expect.yaml", MistakeFile, name)
        if mistake is not None:
            yield from _guarded(Proof.MISTAKES, _mistake(stand, name, mistake))


def _mistake(stand: Stand, name: str, mistake: MistakeFile) -> Iterator[Proved]:
    stand.reset()
    steps = [step.id for step in stand.lab.file.steps]
    at = steps.index(mistake.step)
    for step in steps[:at]:
        stand.solve(step, mistake.solution)
    # A learner comes to a step with those solved that it needs; a slow machine may still be at it.
    for step in stand.lab.file.steps[at].needs:
        report = stand.check(patience=WHOLE, step=step)
        if report.outcome is not Outcome.PASS:
            message = f"Mistake '{name}' can't be made: step '{step}' is not solved before it."
            yield Proved(Proof.MISTAKES, Verdict.BROKEN, name, message, stand.render(report))
            return
    if not stand.apply(stand.lab.folder / "mistakes" / name, mistake.step):
        message = f"Mistake '{name}' has no {mistake.step}.sh and no {mistake.step}.yaml."
        yield Proved(Proof.MISTAKES, Verdict.BROKEN, name, message)
        return
    report, wrong = _seen(stand, name, mistake)
    if wrong:
        yield Proved(Proof.MISTAKES, Verdict.BROKEN, name, wrong, stand.render(report))
        return
    yield Proved(Proof.MISTAKES, Verdict.PASS, name)
    texts = stand.lab.texts(FALLBACK)
    yield from _commands(stand, f"hint of {mistake.code}", texts.hints(mistake.code))


def _seen(stand: Stand, name: str, mistake: MistakeFile) -> tuple[Report, str]:
    """The report once the named check has settled, and what is wrong with it, if anything."""
    waited, passed = 0.0, False
    while True:
        report, seen = _look(stand, mistake)
        waited += report.seconds + PAUSE
        if seen.outcome is Outcome.FAIL and seen.code == mistake.code:
            early = (
                f"Mistake '{name}': {mistake.check} passes in the first seconds: give it stable="
            )
            return report, early if passed else ""
        # A pass is given some time to go: what passes only at first gets its own message.
        passed = passed or seen.outcome is Outcome.PASS
        if seen.outcome is Outcome.ERROR or waited > LONGEST.get(seen.outcome, LONG):
            return report, _not_found(name, mistake, seen)
        stand.pause(PAUSE)


def _look(stand: Stand, mistake: MistakeFile) -> tuple[Report, CheckResult]:
    """At once; only what is on its way to the right code is given its whole time."""
    for patience in (0.0, WHOLE):
        report = stand.check(patience=patience)
        seen = next(one for one in report.checks if one.name == mistake.check)
        if not (seen.outcome is Outcome.WAITING and seen.code == mistake.code):
            break
    return report, seen


def _not_found(name: str, mistake: MistakeFile, seen: CheckResult) -> str:
    got = f"{seen.outcome} {seen.message}".strip()
    if seen.outcome is Outcome.PASS:
        return f"Mistake '{name}' passes: {mistake.check} does not see it."
    if seen.outcome is Outcome.BLOCKED:
        got = f"blocked by {seen.blocked_by}"
    elif seen.code:
        got = f"{seen.outcome} with code '{seen.code}'"
    return f"Mistake '{name}': {mistake.check} should fail with '{mistake.code}'; it has: {got}."


def _solutions(stand: Stand) -> Iterator[Proved]:
    for name in stand.lab.solutions():
        stand.reset()
        yield from _guarded(Proof.SOLUTIONS, _first_time(stand, name))
        yield from _guarded(Proof.SOLUTIONS, _second_time(stand, name))


def _first_time(stand: Stand, name: str) -> Iterator[Proved]:
    """Step by step, as a learner goes, with the commands of hints and guide at their places."""
    texts = stand.lab.texts(FALLBACK)
    for step in stand.lab.file.steps:
        yield from _commands(stand, f"hint of step {step.id}", texts.step_hints(step.id))
        stand.solve(step.id, name)
        report = stand.check(patience=WHOLE, step=step.id)
        if report.outcome is not Outcome.PASS:
            message = f"Solution '{name}' does not solve step '{step.id}'."
            yield Proved(Proof.SOLUTIONS, Verdict.BROKEN, name, message, stand.render(report))
            return
        blocks = run_blocks(stand.lab.guide_source(FALLBACK), step.id)
        for number, block in enumerate(blocks, 1):
            yield from _command(stand, f"guide, {step.id}, block {number}", block)
    yield Proved(Proof.SOLUTIONS, Verdict.PASS, name)


def _second_time(stand: Stand, name: str) -> Iterator[Proved]:
    """All at once, on top of itself; then it must hold, and checking must write nothing."""
    for step in stand.lab.file.steps:
        stand.solve(step.id, name)
    report = stand.check(patience=WHOLE)
    if report.outcome is not Outcome.PASS:
        message = f"Solution '{name}', applied a second time, does not pass."
        yield Proved(
            Proof.SOLUTIONS, Verdict.BROKEN, f"{name}, again", message, stand.render(report)
        )
        return
    before = stand.state()
    stand.pause(stand.lab.file.ci.hold_seconds)
    report = stand.check(patience=QUICK)
    written = changed(before, stand.state())
    if report.outcome is not Outcome.PASS:
        message = f"Solution '{name}' passes only in the first seconds."
        yield Proved(
            Proof.SOLUTIONS, Verdict.BROKEN, f"{name}, held", message, stand.render(report)
        )
    elif written:
        message = "Checking changed something; a check may only look."
        yield Proved(Proof.SOLUTIONS, Verdict.BROKEN, f"{name}, checked", message, written)
    else:
        yield Proved(Proof.SOLUTIONS, Verdict.PASS, f"{name}, again")


def _reset(stand: Stand) -> Iterator[Proved]:
    """On top of the solved lab."""
    stand.reset()
    for one in _nothing_passes(Proof.RESET, stand, ("after reset", "")):
        message = one.message.replace("Nobody has done anything", "The lab was reset")
        yield replace(one, message=message)


def _commands(stand: Stand, where: str, hints: Iterable[HintText]) -> Iterator[Proved]:
    for hint in hints:
        if hint.run:
            yield from _command(stand, where, hint.run)


def _command(stand: Stand, where: str, command: str) -> Iterator[Proved]:
    try:
        stand.run(command)
    except ToolFailed as err:
        message = f"A command does not work ({where}): {command.strip()}"
        yield Proved(Proof.COMMANDS, Verdict.BROKEN, where, message, (err.message, *err.details))
    else:
        yield Proved(Proof.COMMANDS, Verdict.PASS, where)


def _only(report: Report, check: CheckResult) -> Report:
    """The report with one check alone."""
    steps = tuple(replace(step, checks=(check,)) for step in report.steps if check in step.checks)
    return replace(report, steps=steps)


def _evidence(check: CheckResult) -> tuple[str, ...]:
    return tuple(line for one in check.evidence for line in (one.title, *one.lines))
