"""The labs of one pair after another on one cluster: what is proved of each, and what is left."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from labctl.catalog import Lab
from labctl.errors import Interrupted, LabctlError
from labctl.ops.lab_test.proving import failed, prove
from labctl.ops.lab_test.stand import Stand
from labctl.proofs import LabProofs, Pair, Proof, Proved, Verdict

CLUSTER: Final = "(the cluster)"
"""In place of a lab: what is left when the cluster of a pair has gone."""


class LabStand(Stand, Protocol):
    """A lab that can come onto a cluster and go again."""

    def enter(self) -> None:
        """Bring the lab onto the cluster."""

    def leave(self) -> None:
        """Take it off again."""

    def remember(self) -> None:
        """See what is there before the lab comes."""

    def left(self) -> Sequence[str]:
        """What is not as it was then."""


class Bench(Protocol):
    """Where clusters for tests come from."""

    def unmet(self, lab: Lab, pair: Pair) -> list[str]:
        """What the lab needs and would not have there."""

    def cluster(self, pair: Pair) -> AbstractContextManager[Callable[[Lab], LabStand]]:
        """A cluster for as long as the block lasts; what makes stands on it."""

    def left_behind(self, pair: Pair) -> Sequence[str]:
        """What the cluster's end has left."""


def run(
    groups: Sequence[tuple[Pair, Sequence[Lab]]],
    bench: Bench,
    *,
    phase: Callable[[str], AbstractContextManager[None]],
    detail: Callable[[str], None],
) -> Iterator[LabProofs]:
    """Prove labs, a cluster for each pair."""
    for pair, labs in groups:
        able = []
        for lab in labs:
            reasons = bench.unmet(lab, pair)
            if reasons:
                skip = Proved(Proof.SCENE, Verdict.SKIP, message=f"Skipped: {'; '.join(reasons)}.")
                yield LabProofs(lab.id, pair, (skip,))
            else:
                able.append(lab)
        if able:
            yield from _on_pair(pair, able, bench, phase, detail)


def _on_pair(
    pair: Pair,
    labs: Sequence[Lab],
    bench: Bench,
    phase: Callable[[str], AbstractContextManager[None]],
    detail: Callable[[str], None],
) -> Iterator[LabProofs]:
    waiting = list(labs)
    try:
        with bench.cluster(pair) as stand_for:
            while waiting:
                lab = waiting[0]
                with phase(f"{lab.id} on {pair.kubernetes}, {pair.runtime}"):
                    proofs = _prove(lab, pair, stand_for(lab), detail)
                waiting.pop(0)
                yield proofs
    except Interrupted:
        raise
    except LabctlError as err:
        details = (*err.details, err.hint) if err.hint else err.details
        for lab in waiting or labs[-1:]:
            error = Proved(Proof.SCENE, Verdict.ERROR, message=err.message, details=details)
            yield LabProofs(lab.id, pair, (error,))
        return
    left = bench.left_behind(pair)
    if left:
        message = "The cluster was taken down, and something is left."
        proved = Proved(Proof.CLEAN, Verdict.BROKEN, message=message, details=tuple(left))
        yield LabProofs(CLUSTER, pair, (proved,))


def _prove(lab: Lab, pair: Pair, stand: LabStand, detail: Callable[[str], None]) -> LabProofs:
    start = time.monotonic()
    stand.remember()
    proved = [Proved(Proof.LINT, Verdict.PASS)]
    try:
        stand.enter()
        proved += prove(stand, detail)
    except LabctlError as err:
        if isinstance(err, Interrupted):
            raise
        proved.append(failed(Proof.SCENE, "", err))
    proved.append(_clean(stand))
    return LabProofs(lab.id, pair, tuple(proved), round(time.monotonic() - start, 1))


def _clean(stand: LabStand) -> Proved:
    start = time.monotonic()
    try:
        stand.leave()
        left = tuple(stand.left())
    except Interrupted:
        raise
    except LabctlError as err:
        return failed(Proof.CLEAN, "", err)
    message = "The lab has gone, and something is left or changed." if left else ""
    verdict = Verdict.BROKEN if left else Verdict.PASS
    found = Proved(Proof.CLEAN, verdict, message=message, details=left)
    return replace(found, seconds=round(time.monotonic() - start, 1))
