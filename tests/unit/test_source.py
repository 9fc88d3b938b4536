"""YAML is read in one walk, to the same values as PyYAML's own."""

from typing import Any

import pytest
import yaml

from labctl.source import LOADER, Unreadable, parse


@pytest.mark.parametrize(
    "text",
    [
        "- 1\n- 0x1f\n- -1.5\n- yes\n- No\n- ~\n-\n- 2001-01-01\n- '1'\n- \"~\"\n- .inf\n- text\n- ''",
        "- !!str 1\n- !!int '3'\n- !!map {a: 1}\n- !!seq [a]\n- ! 12",
        "1: a\ntrue: b\n? c\n: d\n'<<': e",
        "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3, r: 4}\nc: *x",
        "b: {q: 3, <<: [{q: 1, z: 1}, {z: 2, y: 0}]}",
        "&k a: 1\nc: {*k : 2}",
        "--- |\n a\n  b\n...\n--- >-\n c\n d\n---\n",
        "",
        "# nothing\n",
    ],
)
def test_values_are_those_of_pyyaml(text: str) -> None:
    found = [document.data for document in parse(text)]
    assert repr(found) == repr(list(yaml.safe_load_all(text)))


def test_a_text_goes_through_the_parser_once() -> None:
    texts: list[str] = []

    def parser(text: str) -> Any:
        texts.append(text)
        return LOADER(text)

    parse("a: [1, {b: 2}]\n---\nc: 3\n", parser=parser)
    assert len(texts) == 1


def test_every_key_and_item_has_its_line() -> None:
    [document] = parse("a:\n  - x\n  - {b: 1,\n     c: 2}\n")
    assert document.line(()) == 1
    assert document.line(("a", 1)) == 3
    assert document.line(("a", 1, "c")) == 4
    assert document.line(("a", 1, "d")) == 3


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a: 1\nb: 2\na: 3", "key 'a' is there twice", 3),
        ("a: 1\nb: *c", "is not valid YAML: there is no anchor 'c'", 2),
        ("a:\n  &a [*a]", "alias 'a' leads to what it is in", 2),
        ("a: &a 1\nb: &a 1", "anchor 'a' is there twice", 2),
        ("a: 1\n? [b]\n: c", "is not valid YAML: a key is a text or a number", 2),
        ("a: 1\n<<: 2", "is not valid YAML: '<<' wants a mapping", 2),
        ("a: !!set {b}", "is not valid YAML: tag 'tag:yaml.org,2002:set'", 1),
        ("\n" + "[" * 101 + "]" * 101, "is nested more than 100 deep", 2),
        (
            "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60,
            "is nested more than 100 deep",
            2,
        ),
    ],
)
def test_what_a_lab_has_no_use_for_is_refused_at_its_line(text: str, said: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert (caught.value.text, caught.value.line) == (said, line)
