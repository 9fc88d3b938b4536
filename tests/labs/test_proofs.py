"""Each proof of `labctl lab test` is itself proved: a lab broken for it is found, in its own words."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.broken_labs import BROKEN, course
from tests.lab_fixtures import Cli

pytestmark = [pytest.mark.labs, pytest.mark.timeout(1500)]

FOUND = {
    "already-solved": ("untouched", "already passes (at the start)"),
    "first-seconds": ("solutions", "passes only in the first seconds"),
    "mistake-passes": ("mistakes", "'other-threshold' passes: threshold_wanted does not see it"),
    "not-twice": ("solutions", "'bash' exited with 1"),
    "check-writes": ("solutions", "a check may only look"),
    "reset-does-not": ("reset", "The lab was reset, and runs_by_hand already passes"),
    "hint-fails": ("commands", "A command does not work (hint of threshold-other)"),
    "leftover": ("clean", "something is left or changed"),
}


def _of_labs() -> str:
    """The containers that carry a lab's label."""
    argv = ["docker", "ps", "--all", "--quiet", "--filter", "label=dev.labctl.lab"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def before() -> str:
    """What other labs have."""
    return _of_labs()


@pytest.fixture(scope="module")
def report(
    before: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, Any]]]:
    """All of them in one run, on one cluster."""
    folder = tmp_path_factory.mktemp("broken")
    labs = course(folder / "labs")
    cli = Cli(folder / "home", folder)
    try:
        argv = ("lab", "--labs", str(labs), "test", "--all", "--trust", "--output", "json")
        ran = cli(*argv, code=None, timeout=1400)
        assert ran.code == 1, ran
        found = json.loads(ran.out)["labs"]
        yield {lab["lab"]: lab for lab in found}
    finally:
        for words in (["rm", "--force", "reset-does-not-by-hand"], ["rmi", "reset-does-not:v1"]):
            subprocess.run(["docker", *words], capture_output=True, check=False)


def _wrong(lab: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["proof"], one["message"]) for one in lab["proofs"] if one["verdict"] != "pass"]


def test_a_good_lab_passes_every_proof(report: dict[str, dict[str, Any]]) -> None:
    assert _wrong(report["good"]) == []
    proved = {one["proof"] for one in report["good"]["proofs"]}
    assert proved == {
        "lint",
        "scene",
        "untouched",
        "mistakes",
        "solutions",
        "commands",
        "reset",
        "clean",
    }


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_lab_is_found_with_its_own_message(
    report: dict[str, dict[str, Any]], name: str
) -> None:
    proof, words = FOUND[name]
    wrong = _wrong(report[name])
    assert any(found == proof and words in message for found, message in wrong), wrong


def test_the_shared_cluster_went_without_a_trace(
    before: str, report: dict[str, dict[str, Any]]
) -> None:
    # What that lab's script started without a label is nobody's but its author's, and it needs
    # the lab's image.
    [left_over] = report["(the cluster)"]["proofs"]
    assert left_over["details"] == [
        "container reset-does-not-by-hand",
        "image reset-does-not:v1",
    ]
    assert _of_labs() == before
