"""What `labctl lab test` found: as a table, as text for a fixer, as a document and as JUnit."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from junitparser import Error, Failure, Skipped, TestSuite

from labctl.proofs import LabProofs, Proof, Proved, Verdict, exit_code
from labctl.ui import junit

FORMAT: Final = "labctl/lab-test/v1"
COLUMNS: Final = ("lab", "on", "result")
MARKS: Final = {
    Verdict.PASS: "ok",
    Verdict.SKIP: "skip",
    Verdict.BROKEN: "BROKEN",
    Verdict.ERROR: "ERROR",
}


def rows(labs: Iterable[LabProofs]) -> list[list[str]]:
    """One row a lab and pair, for COLUMNS."""
    return [
        [
            lab.lab,
            f"{lab.pair.kubernetes} {lab.pair.runtime}" if lab.pair else "-",
            _result(lab),
        ]
        for lab in labs
    ]


def problems(labs: Iterable[LabProofs]) -> Iterator[str]:
    """What is wrong, and what a fixer needs, line by line."""
    for lab in labs:
        for one in lab.proved:
            if one.verdict is Verdict.PASS:
                continue
            where = f"{lab.pair.kubernetes}, {lab.pair.runtime}: " if lab.pair else ""
            yield f"{MARKS[one.verdict]}  {lab.lab} ({where}{one.proof}) {one.message}"
            yield from (f"    {line}" for line in one.details)


def report(labs: Sequence[LabProofs]) -> str:
    """A JUnit document: a suite for each lab and pair, a case for each thing that was looked at."""
    return junit.xml("labctl lab test", [_suite(lab) for lab in labs])


def _suite(lab: LabProofs) -> TestSuite:
    where = f"{lab.pair.kubernetes}, {lab.pair.runtime}" if lab.pair else "no cluster"
    kinds = {Verdict.BROKEN: Failure, Verdict.ERROR: Error, Verdict.SKIP: Skipped}
    cases = []
    for one in lab.proved:
        name = f"{one.proof}: {one.name}" if one.name else one.proof.value
        result = kinds[one.verdict](one.message) if one.verdict in kinds else None
        text = "\n".join((one.message, *one.details))
        cases.append(junit.case(f"labctl.lab.{lab.lab}", name, one.seconds, result, text))
    return junit.suite(f"{lab.lab} ({where})", cases)


def document(labs: Sequence[LabProofs]) -> dict[str, Any]:
    """For programs."""
    return {
        "format": FORMAT,
        "exit_code": int(exit_code(labs)),
        "labs": [
            {
                "lab": lab.lab,
                "kubernetes": lab.pair.kubernetes if lab.pair else None,
                "runtimes": list(lab.pair.layout) if lab.pair else [],
                "verdict": lab.verdict.value,
                "seconds": lab.seconds,
                "proofs": [_proved(one) for one in lab.proved],
            }
            for lab in labs
        ],
    }


def _proved(one: Proved) -> dict[str, Any]:
    return {
        "proof": one.proof.value,
        "name": one.name,
        "verdict": one.verdict.value,
        "message": one.message,
        "details": list(one.details),
        "seconds": one.seconds,
    }


def _result(lab: LabProofs) -> str:
    """`ok 24, 81 s`, or which proofs don't hold: `BROKEN mistakes 1/9, clean`."""
    good = sum(one.verdict is Verdict.PASS for one in lab.proved)
    if lab.verdict in (Verdict.PASS, Verdict.SKIP):
        return f"{MARKS[lab.verdict]} {good}, {lab.seconds:.0f} s" if good else MARKS[lab.verdict]
    return f"{MARKS[lab.verdict]} {', '.join(_wrong(lab))}"


def _wrong(lab: LabProofs) -> Iterator[str]:
    for proof in Proof:
        proved = lab.of(proof)
        bad = sum(one.verdict in (Verdict.BROKEN, Verdict.ERROR) for one in proved)
        if bad:
            yield f"{proof} {bad}/{len(proved)}" if len(proved) > 1 else proof.value
