"""`labctl doctor`: the machine, looked at, one finding for each look."""

from collections.abc import Sequence
from typing import Final

from labctl.ops import doctor_engine, doctor_host, doctor_network
from labctl.ops.doctor_facts import Facts
from labctl.ops.doctor_finding import Finding, Level, Look, finding

LOOKS: Final[tuple[Look, ...]] = (
    *doctor_engine.LOOKS,
    *doctor_host.LOOKS,
    *doctor_network.LOOKS,
)
"""In the order of the answer; a code is never reused for something else."""


def examine(facts: Facts) -> tuple[Finding, ...]:
    """One finding for each look, always all of them."""
    return tuple(finding(look, facts) for look in LOOKS)


def can_run(findings: Sequence[Finding]) -> bool:
    """Whether a lab can be run: nothing failed."""
    return all(one.level is not Level.FAIL for one in findings)
