"""How `labctl lab test` tells what it found: a table of 80 columns, text for a fixer, JSON, JUnit."""

import xml.etree.ElementTree as ET

from labctl.proofs import LabProofs, Pair, Proof, Proved, Verdict, exit_code
from labctl.ui.proofs import document, problems, report, rows

PAIR = Pair("1.36", ("containerd", "cri-o", "docker", "containerd"))
GOOD = LabProofs("after-dockershim", PAIR, (Proved(Proof.LINT, Verdict.PASS),) * 3, 81.26)
BAD = LabProofs(
    "traffic",
    Pair("1.36", ("containerd",)),
    (
        Proved(Proof.MISTAKES, Verdict.PASS, "one"),
        Proved(Proof.MISTAKES, Verdict.BROKEN, "two", "Mistake 'two' passes.", ("  PASS  \x1b x",)),
        Proved(Proof.CLEAN, Verdict.ERROR, message="The engine went away.", seconds=2.0),
    ),
)
SKIP = LabProofs("x", PAIR, (Proved(Proof.SCENE, Verdict.SKIP, message="Skipped: no room."),))


def test_a_row_says_what_does_not_hold() -> None:
    assert rows([GOOD, BAD, SKIP]) == [
        ["after-dockershim", "1.36 containerd,cri-o,docker x4", "ok 3, 81 s"],
        ["traffic", "1.36 containerd", "ERROR mistakes 1/2, clean"],
        ["x", "1.36 containerd,cri-o,docker x4", "skip"],
    ]
    widths = [max(len(row[place]) for row in rows([GOOD, BAD])) for place in range(3)]
    assert sum(widths) + 2 * 3 <= 80


def test_a_fixer_gets_message_and_details() -> None:
    assert list(problems([GOOD, BAD])) == [
        "BROKEN  traffic (1.36, containerd: mistakes) Mistake 'two' passes.",
        "      PASS  \x1b x",
        "ERROR  traffic (1.36, containerd: clean) The engine went away.",
    ]


def test_the_document_has_all_of_it() -> None:
    found = document([GOOD, BAD])
    assert (found["format"], found["exit_code"]) == ("labctl/lab-test/v1", 1)
    assert found["labs"][1]["proofs"][1]["verdict"] == "broken"
    assert found["labs"][0]["runtimes"] == ["containerd", "cri-o", "docker", "containerd"]


def test_junit_can_be_read_back() -> None:
    root = ET.fromstring(report([GOOD, BAD, SKIP]))  # noqa: S314 - our own
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert suites["traffic (1.36, containerd)"].get("failures") == "1"
    assert suites["traffic (1.36, containerd)"].get("errors") == "1"
    assert suites["x (1.36, containerd,cri-o,docker x4)"].get("skipped") == "1"


def test_a_broken_lab_decides_how_it_ends_and_nothing_looked_at_is_no_success() -> None:
    away = LabProofs("y", PAIR, (Proved(Proof.SCENE, Verdict.ERROR, message="It is away."),))
    runs = ([GOOD], [SKIP, GOOD], [BAD, GOOD], [GOOD, away], [BAD, away], [SKIP])
    assert [exit_code(labs) for labs in runs] == [0, 0, 1, 5, 1, 4]
