"""Which labs go on which clusters, and what a run makes of labs that can't."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from labctl.catalog import Lab
from labctl.errors import Interrupted, LabctlError, ToolFailed
from labctl.ops.lab_test.pairs import chosen, grouped, own_wish, pairs_of
from labctl.ops.lab_test.run import LabStand, run
from labctl.proofs import LabProofs, Pair, Proof, Verdict, exit_code
from tests.lab_factory import LAB, tiny
from tests.unit.test_proving import FakeStand

ONE = Pair("1.36", ("containerd",))


def lab(folder: Path, more: str = "") -> Lab:
    return tiny(folder, lab=LAB + more)


@pytest.mark.parametrize(
    ("more", "pairs"),
    [
        ("", [("1.36", "containerd")]),
        ("requires: {nodes: 3}\n", [("1.36", "containerd x3")]),
        ("cluster: {runtimes: [containerd, cri-o]}\n", [("1.36", "containerd,cri-o x3")]),
        ("cluster: {history: dockershim}\n", [("1.24", "containerd,dockershim x2")]),
        (
            'ci: {matrix: {kubernetes: ["1.34", "1.37"], runtime: [docker, "docker,cri-o"]}}\n',
            [
                ("1.34", "docker"),
                ("1.34", "docker,cri-o x3"),
                ("1.37", "docker"),
                ("1.37", "docker,cri-o x3"),
            ],
        ),
    ],
)
def test_a_lab_says_what_it_is_proved_on(
    tmp_path: Path, more: str, pairs: list[tuple[str, str]]
) -> None:
    found = pairs_of(lab(tmp_path, more), "1.36")
    assert [(pair.kubernetes, pair.runtime) for pair in found] == pairs


def test_the_first_lab_cluster_is_what_up_makes(tmp_path: Path) -> None:
    found = lab(tmp_path, "cluster: {runtimes: [containerd, docker], nodes: 4}\n")
    assert own_wish(found, "x").layout() == ("containerd", "containerd", "docker", "containerd")
    assert own_wish(lab(tmp_path), "x").layout() == ("containerd",)


def test_pairs_are_narrowed_down() -> None:
    pairs = (ONE, Pair("1.34", ("containerd",)), Pair("1.36", ("docker", "docker", "cri-o")))
    assert chosen(pairs, kubernetes="1.36", runtime=None, quick=False) == (pairs[0], pairs[2])
    assert chosen(pairs, kubernetes=None, runtime="docker,cri-o", quick=False) == (pairs[2],)
    assert chosen(pairs, kubernetes=None, runtime=None, quick=True) == (pairs[0],)


def test_one_cluster_serves_every_lab_of_a_pair_the_demanding_last(tmp_path: Path) -> None:
    first, last = lab(tmp_path / "a", "reset: cluster\n"), lab(tmp_path / "b")
    assert grouped([(first, [ONE]), (last, [ONE])]) == [(ONE, [last, first])]


@dataclass
class Stand(FakeStand):
    left_over: str = ""
    gone: bool = False

    def enter(self) -> None:
        self.fails("enter")

    def leave(self) -> None:
        self.gone = True

    def remember(self) -> None:
        assert not self.gone

    def left(self) -> tuple[str, ...]:
        return (f"new: {self.left_over}",) if self.left_over and self.gone else ()


@dataclass
class Bench:
    reasons: list[str] = field(default_factory=list)
    error: LabctlError | None = None
    make: Callable[[Lab], Stand] = Stand
    left: Sequence[str] = ()
    clusters: int = 0
    gone: int = 0

    def unmet(self, lab: Lab, pair: Pair) -> list[str]:
        return self.reasons

    @contextmanager
    def cluster(self, pair: Pair) -> Iterator[Callable[[Lab], LabStand]]:
        if self.error:
            raise self.error
        self.clusters += 1
        try:
            yield self.make
        finally:
            self.gone += 1

    def left_behind(self, pair: Pair) -> Sequence[str]:
        return self.left


def ran(bench: Bench, labs: list[Lab]) -> list[LabProofs]:
    return list(run([(ONE, labs)], bench, phase=lambda _: nullcontext(), detail=lambda _: None))


@pytest.fixture
def good(tmp_path: Path) -> Lab:
    made = lab(tmp_path)
    wrong = made.folder / "mistakes" / "wrong"
    wrong.mkdir(parents=True)
    (wrong / "first.sh").write_text("false\n")
    (wrong / "expect.yaml").write_text(
        "format: labctl/mistake/v1\nstep: first\ncheck: one\ncode: absent\n"
    )
    return made


def test_labs_share_a_cluster_that_goes_at_the_end(good: Lab) -> None:
    bench = Bench()
    found = ran(bench, [good, replace(good)])
    assert [one.verdict for one in found] == [Verdict.PASS] * 2
    assert (bench.clusters, bench.gone) == (1, 1)
    assert exit_code(found) == 0


def test_an_unmet_need_is_a_skip_with_its_reason_and_makes_no_cluster(good: Lab) -> None:
    bench = Bench(reasons=["it needs 3 nodes, not 1"])
    [found] = ran(bench, [good])
    assert (found.verdict, bench.clusters) == (Verdict.SKIP, 0)
    assert found.proved[0].message == "Skipped: it needs 3 nodes, not 1."
    assert exit_code([found]) == 4


def test_a_cluster_that_can_t_be_made_is_an_error_of_each_lab(good: Lab) -> None:
    error = ToolFailed("kind failed", hint="See labctl doctor.")
    found = ran(Bench(error=error), [good, replace(good)])
    assert [one.verdict for one in found] == [Verdict.ERROR] * 2
    assert found[0].proved[0].details == ("See labctl doctor.",)
    assert exit_code(found) == 5


def test_what_is_left_is_told(good: Lab) -> None:
    [found] = ran(Bench(make=lambda lab: Stand(lab, left_over="x")), [good])
    [clean] = found.of(Proof.CLEAN)
    assert (clean.verdict, clean.details) == (Verdict.BROKEN, ("new: x",))
    assert exit_code([found]) == 1


def test_what_the_cluster_leaves_is_told_too(good: Lab) -> None:
    found = ran(Bench(left=["volume x"]), [good])
    assert (found[-1].lab, found[-1].proved[0].details) == ("(the cluster)", ("volume x",))


def test_a_lab_that_can_t_come_on_is_broken_and_taken_off(good: Lab) -> None:
    def fails(now: str) -> None:
        if now == "enter":
            raise ToolFailed("The lab's image could not be built.", argv=["bash"])

    stand = Stand(good, fails=fails)
    [found] = ran(Bench(make=lambda _: stand), [good])
    assert found.verdict is Verdict.BROKEN
    assert stand.gone


def test_ctrl_c_is_no_verdict(good: Lab) -> None:
    bench = Bench(error=Interrupted("Interrupted."))
    with pytest.raises(Interrupted):
        ran(bench, [good])
