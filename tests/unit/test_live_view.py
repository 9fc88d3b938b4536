"""What a person sees of a lab that is followed."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from labctl.catalog import Catalog
from labctl.results import Outcome
from labctl.snapshot import Outage, Snapshot
from labctl.texts import Texts
from labctl.ui.columns import fitted, wrapped
from labctl.ui.console import Console
from labctl.ui.live import View, moment, picture, showing, truth
from tests.lab_factory import MESSAGES, labs
from tests.live_fakes import NOON, later, report, result, snapshot

PASS, FAIL, BLOCKED, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.BLOCKED, Outcome.ERROR
OPEN = report(result("one", FAIL, expected="one", actual="none", see=("x",)), BLOCKED)
OUTAGE = Outage("The API server does not answer.", later(5), 42.0)


def _view(folder: Path, **changed: str | None) -> View:
    lab = Catalog(labs(folder, **changed)).get("tiny")
    texts = lab.texts("en")
    return View("tiny", texts, lab.check_titles(texts))


@pytest.fixture
def view(tmp_path: Path) -> View:
    return _view(tmp_path)


def drawn(seen: Snapshot, view: View, height: int = 24) -> list[str]:
    return [line for line, _ in picture(seen, view, height=height)]


def test_the_picture_has_each_step_and_the_open_one_in_full(view: View) -> None:
    at = moment(later(60), later(60))
    assert drawn(snapshot(OPEN), view) == [
        f"Lab 'tiny' is watched; looked at {at}. Ctrl-C ends it.",
        "",
        "  FAIL  The first step",
        "  BLOCK The second step",
        "",
        "The first step (first)",
        "  FAIL  One is there",
        "        It is absent.",
        "        It should be one and is none.",
        "",
        "0 of 2 checks pass.",
        "Next: labctl hint first",
    ]


def test_a_step_shows_both_truths(view: View) -> None:
    first = {"first": later(10), "second": NOON - timedelta(days=3)}
    lines = drawn(snapshot(report(PASS, FAIL), first=first), view)
    assert any(
        line.startswith("  PASS  The first step")
        and line.endswith(f"passed {moment(later(10), NOON)}, holds")
        for line in lines
    )
    day = (NOON - timedelta(days=3)).astimezone().strftime("%Y-%m-%d %H:%M")
    assert any(line.endswith(f"passed {day}, no longer") for line in lines)


def test_in_an_outage_nothing_passes_or_fails_and_the_reason_is_said(view: View) -> None:
    seen = snapshot(report(PASS, FAIL), first={"first": later(1)}, outage=OUTAGE)
    lines = drawn(seen, view)
    text = " ".join(" ".join(lines).split())
    assert "The API server does not answer." in text
    assert "waiting 42 s more" in text
    assert "now unknown" in text
    assert not any(mark in text for mark in ("PASS", "FAIL", "checks pass"))
    before_any = drawn(snapshot(None, outage=OUTAGE), view)
    assert "  ?     The first step" in before_any


def test_why_it_polls_is_in_the_picture(view: View) -> None:
    lines = drawn(snapshot(OPEN, reason="pods: forbidden"), view)
    assert "polled" in lines[0]
    assert lines[1] == "Changes can't be told: pods: forbidden"


def test_an_error_is_never_shown_as_a_failure(view: View) -> None:
    text = "\n".join(drawn(snapshot(report(PASS, ERROR)), view))
    assert "ERROR" in text
    assert "FAIL" not in text


def test_the_picture_fits_a_terminal_of_80_columns_and_a_small_one(tmp_path: Path) -> None:
    messages = MESSAGES.replace("The first step", "아주 긴 제목 " * 20)
    view = _view(tmp_path, **{"010-tiny/messages.en.yaml": messages})
    long = result("one", FAIL, expected="x " * 200, actual="긴 설명 " * 80)
    seen = snapshot(report(long, BLOCKED), first={"first": NOON - timedelta(days=9)})
    assert all(cell_len(line) <= 80 for line in drawn(seen, view))
    small = drawn(seen, view, height=14)
    assert len(small) < 14
    assert "All of it: labctl check --step first" in "\n".join(small)
    assert small[-1] == "Next: labctl hint first"


def plain(view: View, *snapshots: Snapshot) -> tuple[list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    console = Console(no_color=True, out=out, err=err)
    with showing(console, view) as show:
        for one in snapshots:
            show(one)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_without_a_terminal_each_change_is_a_line(view: View) -> None:
    at, then = moment(later(60), NOON), moment(later(70), NOON)
    first = {"first": later(70)}
    out, err = plain(
        view,
        snapshot(OPEN),
        snapshot(OPEN, at=65),
        snapshot(report(PASS, FAIL), at=70, first=first),
        snapshot(report(PASS, FAIL), at=71, first=first),
    )
    assert out == [
        f"{at} FAIL  check one: One is there: It is absent",
        f"{at} FAIL  step first: The first step",
        f"{at} BLOCK check two: Two is there",
        f"{at} BLOCK step second: The second step",
        f"{then} PASS  check one: One is there",
        f"{then} PASS  step first: The first step (passed {then}, holds)",
        f"{then} FAIL  check two: Two is there: It is absent",
        f"{then} FAIL  step second: The second step",
    ]
    assert err == []


def test_a_check_that_fails_in_another_way_is_a_change(view: View) -> None:
    other = report(result("one", FAIL, code="other"), BLOCKED)
    out, _ = plain(view, snapshot(OPEN), snapshot(other))
    assert len(out) == 5
    assert out[-1].endswith("FAIL  check one: One is there: other")


def test_the_end_says_what_comes_next(view: View) -> None:
    out, _ = plain(view, snapshot(report(PASS, PASS)))
    assert out[-2:] == ["2 of 2 checks pass.", "Next: labctl show --debrief"]


def test_an_outage_and_polling_are_said_once_each_beside_the_answer(view: View) -> None:
    first = {"first": later(1)}
    seen = snapshot(OPEN, first=first)
    away = snapshot(OPEN, outage=OUTAGE, first=first)
    polled = snapshot(OPEN, reason="refused", first=first)
    out, err = plain(view, seen, away, away, seen, polled, polled, seen)
    assert [line.split(" ", 1)[1] for line in err] == [
        "The API server does not answer. Waiting 42 s for it.",
        "It answers again.",
        "Changes can't be told, so it is looked every few seconds: refused",
        "Changes are told again.",
    ]
    assert len(out) == 4


def test_on_a_terminal_the_picture_is_drawn_anew_and_the_last_one_stays(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with showing(Console(no_color=True, out=out), view) as show:
        show(snapshot(OPEN))
        show(snapshot(report(PASS, PASS), first={"first": later(3)}))
    text = out.getvalue()
    assert "\x1b[" in text  # the cursor goes up
    assert "Next: labctl show --debrief" in text.rpartition("\x1b[2K")[2]


def test_truth_says_nothing_of_a_step_that_never_passed() -> None:
    assert truth(snapshot(OPEN).steps[0], NOON, "en") == ""


def test_lines_are_measured_in_columns() -> None:
    korean = "파드가 준비되지 않았습니다 " * 6
    lines = list(wrapped(korean, 40, first="  - ", rest="    "))
    assert all(cell_len(line) <= 40 for line in lines)
    assert lines[0].startswith("  - 파드가")
    assert all(line.startswith("    ") and line[4] != " " for line in lines[1:])
    assert " ".join(" ".join(lines).replace("-", "").split()) == korean.strip()
    assert list(wrapped("x" * 50, 40, first="  ")) == [f"  {'x' * 50}"]
    assert list(wrapped("", 40, first="  ")) == ["  "]
    assert fitted("abc", 5) == "abc  "
    assert cell_len(fitted("한국어 제목", 6)) == 6


def test_a_korean_picture_says_nothing_in_english(tmp_path: Path) -> None:
    view = View("tiny", Texts({}, "ko"), {"one": "하나", "two": "둘"})
    first = {"first": later(10)}
    seen = snapshot(report(PASS, FAIL), first=first)
    lines = drawn(seen, view)
    assert lines[0].startswith("실습 'tiny': 변화를 감지하는 중")
    assert any("통과, 유지 중" in line for line in lines)
    assert all(cell_len(line) <= 80 for line in lines)
