"""What others wrote (labs, logs) can't steer the terminal that shows it."""

import io

from labctl.ui.columns import printable
from labctl.ui.console import Console

EVIL = "\x1b[31mred\x1b]0;title\x07 \x9b2J \ud800 tab\there"


def test_control_characters_and_lone_surrogates_are_replaced() -> None:
    assert printable(EVIL) == "\ufffd[31mred\ufffd]0;title\ufffd \ufffd2J \ufffd tab\there"


def test_nothing_that_is_shown_gets_through_as_it_is() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(no_color=True, out=out, err=err)
    console.out(EVIL)
    console.markdown(EVIL)
    console.table(("a",), [[EVIL]])
    console.talk(EVIL)
    console.progress().note(EVIL)
    for text in (out.getvalue(), err.getvalue()):
        assert not {"\x1b", "\x07", "\x9b", "\ud800"} & set(text)
        assert "red" in text


def test_json_stays_json() -> None:
    out = io.StringIO()
    Console(out=out).json({"text": EVIL})
    assert "\\u001b[31mred" in out.getvalue()
    assert "\ud800" not in out.getvalue()
