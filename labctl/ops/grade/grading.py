"""Grading: each receipt's work on a fresh lab, checked anew and compared with what was claimed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from labctl.catalog import Lab
from labctl.errors import (
    ApiUnreachable,
    Interrupted,
    LabctlError,
    LabInvalid,
    ToolFailed,
    UsageError,
)
from labctl.grades import Grade, differences
from labctl.lab_digest import lab_digest
from labctl.ops.grade import work as handed_in
from labctl.receipt import ClusterOf, Receipt, read_receipt
from labctl.results import Outcome, Report

WHOLE: Final = 600.0
"""Seconds: each check gets all of its own time."""


class FreshLab(Protocol):
    """One lab on a cluster that others may have used before, and will use after."""

    @property
    def work(self) -> Path:
        """The learner's working folder, as checks see it."""

    def enter(self) -> None:
        """Bring the lab onto the cluster: images, scene, starter files."""

    def leave(self) -> None:
        """Take it off again, with all that was done to it."""

    def run(self, script: Path) -> None:
        """Run a script in the working folder; ToolFailed where it fails."""

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Apply manifests to the lab's namespace; ToolFailed where they are refused."""

    def check(self, *, patience: float) -> Report:
        """The checks; `patience` is for all asking again, in seconds."""


class Labs(Protocol):
    """Where labs and clusters come from."""

    def get(self, lab_id: str, seed: int) -> Lab:
        """A lab with a learner's parameters; UsageError where there is none."""

    def cluster(
        self, lab: Lab, shape: ClusterOf
    ) -> AbstractContextManager[Callable[[Lab], FreshLab]]:
        """A cluster of that shape until the block ends; what puts labs on it."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A receipt that can be graded, and its place among all."""

    place: int
    grade: Grade
    receipt: Receipt
    lab: Lab
    work: Path

    @property
    def group(self) -> tuple[object, ...]:
        """Claims of one group can follow each other on one cluster."""
        alone = self.place if self.lab.file.reset == "cluster" else None
        return self.lab.id, self.receipt.cluster, alone


def grade(
    receipts: Sequence[Path],
    labs: Labs,
    *,
    work: Path | None = None,
    trust: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> tuple[Grade, ...]:
    """A grade for each receipt, in their order; what is wrong with one does not stop the others.

    Args:
        receipts: the files.
        labs: the teacher's labs, and clusters for them.
        work: the folder of the work, where it is not beside the receipt.
        trust: run the learners' scripts, and apply manifests with all rights.
        note: told a line about each that is graded.
    """
    found: dict[int, Grade] = {}
    groups: dict[tuple[object, ...], list[_Claim]] = {}
    for place, (path, learner) in enumerate(zip(receipts, learners(receipts), strict=True)):
        claim = _claim(place, Grade(learner, path), labs, work)
        if isinstance(claim, Grade):
            found[place] = claim
        else:
            groups.setdefault(claim.group, []).append(claim)
    for group in groups.values():
        for claim, graded in _graded(group, labs, trust=trust):
            found[claim.place] = graded
            note(f"{graded.learner}: {graded.outcome}, {graded.points} of {graded.most}")
    return tuple(found[place] for place in sorted(found))


def learners(receipts: Sequence[Path]) -> list[str]:
    """A name for each: its file's, with the folder's before it where files are called alike."""
    stems = [path.stem for path in receipts]
    folders = [path.absolute().parent.name for path in receipts]
    return [
        stem if stem != "receipt" and stems.count(stem) == 1 else f"{folder}/{stem}"
        for stem, folder in zip(stems, folders, strict=True)
    ]


def _claim(place: int, graded: Grade, labs: Labs, work: Path | None) -> _Claim | Grade:
    try:
        receipt = read_receipt(graded.path)
        graded = replace(graded, receipt=receipt)
        lab = labs.get(receipt.lab.id, receipt.seed)
        digest = lab_digest(lab.folder)
        graded = replace(graded, digest=digest)
        folder = handed_in.find_work(graded.path, lab.id, work)
    except UsageError as err:
        return replace(graded, reasons=(err.message,))
    except LabInvalid as err:
        return replace(graded, reasons=(err.message, *err.details), fault=err.exit_code)
    if digest != receipt.lab.digest:
        told = f"The receipt is of other files of the lab: {receipt.lab.digest}, here {digest}."
        graded = replace(graded, reasons=(told,))
    return _Claim(place, replace(graded, work=folder), receipt, lab, folder)


def _graded(group: Sequence[_Claim], labs: Labs, *, trust: bool) -> Iterable[tuple[_Claim, Grade]]:
    """Those of one lab and shape, one after the other on one cluster."""
    waiting = list(group)
    try:
        with labs.cluster(group[0].lab, group[0].receipt.cluster) as fresh:
            while waiting:
                claim = waiting[0]
                stand = fresh(claim.lab)
                try:
                    graded = _one(claim, stand, trust=trust)
                    waiting.pop(0)
                    yield claim, graded
                finally:
                    stand.leave()
    except Interrupted:
        raise
    except UsageError as err:
        # No such cluster can be, whoever claims it.
        for claim in waiting:
            yield claim, replace(claim.grade, reasons=(*claim.grade.reasons, err.message))
    except LabctlError as err:
        # Nothing of the learners': the cluster, or what puts labs on it, does not work.
        for claim in waiting:
            yield claim, _faulty(claim.grade, err)


def _one(claim: _Claim, stand: FreshLab, *, trust: bool) -> Grade:
    try:
        stand.enter()
        reasons = [*claim.grade.reasons, *handed_in.copy_work(claim.work, stand.work)]
        reasons += _apply(claim, stand, trust=trust)
        report = stand.check(patience=WHOLE)
    except UsageError as err:
        return replace(claim.grade, reasons=(*claim.grade.reasons, err.message))
    except ToolFailed as err:
        return _faulty(claim.grade, err)
    fault = report.exit_code if report.outcome is Outcome.ERROR else None
    reasons += [f"Check '{one.name}': {one.message}" for one in report.checks if one.fault]
    if fault is None:
        reasons += differences(claim.receipt, report)
    return replace(claim.grade, report=report, reasons=tuple(reasons), fault=fault)


def _apply(claim: _Claim, stand: FreshLab, *, trust: bool) -> Iterable[str]:
    """Apply the work; answers what of it could not be, as sentences."""
    steps = handed_in.step_files(claim.work, [step.id for step in claim.lab.file.steps])
    for step, (script, manifest) in steps.items():
        if script and not trust:
            yield f"Step '{step}': {script} was not run; --trust-work runs it."
        elif script:
            yield from _said(f"Step '{step}': {script}", partial(stand.run, stand.work / script))
        if manifest:
            yield from _manifest(f"Step '{step}': {manifest}", stand.work / manifest, stand)
    if not steps:
        for name in handed_in.plain_manifests(claim.work):
            yield from _manifest(f"'{name}'", stand.work / name, stand)


def _manifest(what: str, path: Path, stand: FreshLab) -> Iterable[str]:
    def apply() -> None:
        found = handed_in.documents(path)
        if found:
            stand.apply(found)

    return _said(what, apply)


def _said(what: str, act: Callable[[], None]) -> Iterable[str]:
    """Do it; a failure of the learner's is a sentence, and the rest goes on."""
    try:
        act()
    except ApiUnreachable:
        raise
    except (ToolFailed, UsageError) as err:
        last = f" {err.details[-1]}" if err.details else ""
        yield f"{what}: {err.message}{last}"


def _faulty(graded: Grade, err: LabctlError) -> Grade:
    reasons = (*graded.reasons, err.message, *err.details[-1:])
    return replace(graded, reasons=reasons, fault=err.exit_code)
