"""What is wrong with a lab's guides, debriefs and messages, and between its languages."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from labctl import guide
from labctl.counting import count
from labctl.lab_checks import Checks
from labctl.lab_folder import LabFolder
from labctl.lab_outline import Outline
from labctl.manifest_problems import Loaded
from labctl.manifest_texts import MessagesFile
from labctl.manifest_types import FALLBACK
from labctl.source import Place, Problem, Unreadable
from labctl.suggest import did_you_mean
from labctl.texts import BUILTIN

Messages = Mapping[str, Loaded[MessagesFile]]


def examine_guides(folder: LabFolder, lab: Outline, languages: Messages) -> Iterator[Problem]:
    """Each language has a title, a guide with every step, and a debrief where English has one."""
    english: dict[str, list[guide.Block]] | None = None
    for language in sorted(languages, key=lambda one: one != FALLBACK):
        if lab.languages is not None and language not in lab.languages:
            yield lab.problem(("title",), f"title: has no text in '{language}'")
        yield from _debrief(folder, language)
        name = _in_language("README", language)
        try:
            text = folder.text(name)
        except Unreadable as err:
            there = (folder.path / name).exists()
            yield Problem(folder.called(name), err.line, err.text if there else "is missing")
            continue
        yield from _headings(folder.called(name), lab, text)
        blocks = _by_step(text)
        yield from _never_run(folder.called(name), lab, blocks)
        if language == FALLBACK:
            english = blocks
        elif english is not None and lab.steps is not None:
            yield from _differ(folder.called(name), lab.steps, english, blocks, text)


def _debrief(folder: LabFolder, language: str) -> Iterator[Problem]:
    name = _in_language("debrief", language)
    if name not in folder.files:
        if "debrief.md" in folder.files:
            yield Problem(folder.called(name), 0, "is missing")
        return
    try:
        blocks = guide.marked_blocks(folder.text(name))
    except Unreadable as err:
        yield Problem(folder.called(name), err.line, err.text)
        return
    for block in blocks:
        text = "this block is marked 'run', and nothing runs a debrief's: remove the mark"
        yield Problem(folder.called(name), block.line, text)


def _headings(name: str, lab: Outline, text: str) -> Iterator[Problem]:
    anchors = guide.anchors(text)
    text_lines = text.splitlines()
    missing = [step for step in lab.steps or () if step not in anchors]
    others = [anchor for anchor in anchors if anchor not in (lab.steps or ())]
    for step in missing:
        near = did_you_mean(step, others)
        line = next((anchors[one] for one in others if f"'{one}'" in near), len(text_lines))
        wanted = f"has no heading for step '{step}': ## Title {{#{step}}}"
        yield Problem(name, line, wanted + near)


def _by_step(text: str) -> dict[str, list[guide.Block]]:
    found: dict[str, list[guide.Block]] = {}
    for block in guide.marked_blocks(text):
        found.setdefault(block.anchor, []).append(block)
    return found


def _never_run(
    name: str, lab: Outline, blocks: Mapping[str, list[guide.Block]]
) -> Iterator[Problem]:
    for anchor, found in blocks.items():
        if lab.steps is None or anchor in lab.steps:
            continue
        where = f"{{#{anchor}}} is no step" if anchor else "it is before the first step"
        text = f"this block is marked 'run', and nothing runs it: {where}"
        yield from (Problem(name, block.line, text) for block in found)


def _differ(
    name: str,
    steps: Mapping[str, Place],
    english: Mapping[str, list[guide.Block]],
    blocks: Mapping[str, list[guide.Block]],
    text: str,
) -> Iterator[Problem]:
    """What is run is run in English: a reader of another language relies on the same commands."""
    anchors = guide.anchors(text)
    for step in steps:
        pairs = zip_longest(english.get(step, []), blocks.get(step, []))
        for one, other in pairs:
            if one is None:
                said = f"step '{step}': this block is marked 'run', and in README.md it is not"
                yield Problem(name, other.line, said)
            elif other is None:
                said = f"step '{step}': the block of README.md:{one.line} is not marked 'run' here"
                yield Problem(name, anchors.get(step, 0), said)
            elif _commands(one.text) != _commands(other.text):
                said = f"step '{step}': the commands are not those of README.md:{one.line}"
                yield Problem(name, other.line, said)


def _commands(text: str) -> list[str]:
    """A block's lines without comments, which are translated."""
    found = (line.split(" # ")[0].strip() for line in text.splitlines())
    return [line for line in found if line and not line.startswith("#")]


def examine_messages(lab: Outline, checks: Checks, languages: Messages) -> Iterator[Problem]:
    """Each code, step and check has its text in each language, and the same hints."""
    for language, texts in languages.items():
        if texts.document is None:
            continue
        yield from _codes(checks, texts)
        yield from _unknown(texts, "steps", lab.steps)
        yield from _unknown(texts, "checks", lab.checks if lab.whole else None)
        there = _keys(texts, "steps")
        for step in lab.steps or ():
            if step not in there:
                yield texts.problem(("steps",), f"steps: step '{step}' has no text")
        if language != FALLBACK:  # in English the docstring is the title
            titled = _keys(texts, "checks")
            for name in lab.checks:
                if name not in titled:
                    yield texts.problem(("checks",), f"checks: check '{name}' has no title")
            yield from _other_hints(languages[FALLBACK], texts)


def _unknown(
    texts: Loaded[MessagesFile], key: str, known: Mapping[str, Place] | None
) -> Iterator[Problem]:
    for name in _keys(texts, key) if known is not None else ():
        if name not in (known or ()):
            text = f"{key}: there is no {key[:-1]} '{name}'{did_you_mean(name, known or ())}"
            yield texts.problem((key, name), text)


def _codes(checks: Checks, texts: Loaded[MessagesFile]) -> Iterator[Problem]:
    known = _keys(texts, "codes")
    for file, one in checks.files.items():
        for code, line in one.codes.items():
            if code not in known and code not in BUILTIN:
                near = did_you_mean(code, known)
                yield Problem(file, line, f"code '{code}' has no text in {texts.name}{near}")


def _other_hints(english: Loaded[MessagesFile], texts: Loaded[MessagesFile]) -> Iterator[Problem]:
    for key in ("codes", "steps"):
        for name in _keys(texts, key):
            if name not in _keys(english, key):
                continue
            ours, theirs = _hints(texts, key, name), _hints(english, key, name)
            place = (key, name, "hints")
            if len(ours) != len(theirs):
                text = f"{key}.{name}: {count(len(ours), 'hint')} here, {len(theirs)} in English"
                yield texts.problem(place, text)
                continue
            for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                if one != other:
                    text = f"{key}.{name}.hints[{index}]: 'run' is not the command of English"
                    yield texts.problem((*place, index), text)


def _hints(texts: Loaded[MessagesFile], key: str, name: str) -> list[Any]:
    """Each hint's command, or None where it has none."""
    found = texts.value(key, name, "hints")
    hints = found if isinstance(found, list) else []
    return [one.get("run") if isinstance(one, dict) else None for one in hints]


def _keys(texts: Loaded[MessagesFile], key: str) -> dict[str, Any]:
    found = texts.value(key)
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


def _in_language(stem: str, language: str) -> str:
    return f"{stem}.md" if language == FALLBACK else f"{stem}.{language}.md"
