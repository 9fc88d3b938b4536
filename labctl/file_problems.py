"""What a lab's folder has that can't be read, is too large, or that no part of labctl looks at."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from labctl.lab_folder import LabFolder
from labctl.manifest_types import FALLBACK
from labctl.source import MAX_BYTES, Problem, Unreadable
from labctl.suggest import did_you_mean

MAX_STARTER: Final = 10 << 20
"""Bytes of all starter files; each has at most as many as a text (MAX_BYTES)."""
FOLDERS: Final = ("scene", "starter", "checks", "solutions", "mistakes")
TOP: Final = re.compile(r"(README|debrief|messages|lab|course)(?:\.([a-z]{2,3}))?\.(md|yaml|yml)")
LOOKED_AT: Final = (".yaml", ".yml", ".sh")


def unsafe(folder: LabFolder) -> Iterator[Problem]:
    """Links that lead out, named pipes, devices: nothing else is looked at then."""
    try:
        entries = folder.entries
    except Unreadable as err:
        yield Problem(folder.prefix, 0, err.text)
        return
    for entry in entries:
        name = folder.called(entry.name)
        if entry.kind == "out":
            yield Problem(name, 0, "is a link that leads out of the lab's folder")
        elif entry.kind == "other":
            yield Problem(name, 0, "is neither a file nor a folder")


def too_large(folder: LabFolder) -> Iterator[Problem]:
    """Starter files that are, each or together: they are copied for every learner."""
    whole = 0
    for entry in folder.entries:
        if not entry.name.startswith("starter/"):
            continue
        if entry.size > MAX_BYTES:
            text = f"is larger than {MAX_BYTES >> 20} MiB"
            yield Problem(folder.called(entry.name), 0, text)
        else:
            whole += entry.size
    if whole > MAX_STARTER:
        text = f"has {whole / 2**20:.0f} MiB of files, at most {MAX_STARTER >> 20} are copied"
        yield Problem(folder.called("starter"), 0, text)


def unread(folder: LabFolder, languages: Sequence[str]) -> Iterator[Problem]:
    """Files and folders that look like a part of the lab and that nothing reads."""
    for name in folder.files:
        first, _, rest = name.partition("/")
        if not rest:
            text = _at_top(name, languages)
        elif first == "scene":
            text = _in_scene(rest)
        elif first == "checks":
            text = _in_checks(rest)
        elif first in ("solutions", "mistakes"):
            text = _in_answers(first, rest)
        else:
            text = ""
        if text:
            yield Problem(folder.called(name), 0, f"is read by nothing{text}")
    for name in folder.folders:
        near = "" if "/" in name or name in FOLDERS else did_you_mean(name, FOLDERS)
        if near and not any(islice(folder.glob(f"{name}/**Dockerfile"), 1)):
            yield Problem(folder.called(name), 0, f"is read by nothing{near}")


def _at_top(name: str, languages: Sequence[str]) -> str:
    found = TOP.fullmatch(name)
    if not found:
        return ""
    stem, language, end = found.groups()
    if end == "yml":
        return _meant(f"{name[:-4]}.yaml")
    if stem in ("README", "debrief") and language == FALLBACK:
        return f": the English one is {stem}.{end}"
    if language and language not in languages:
        return f": course.yaml has no language '{language}'{did_you_mean(language, languages)}"
    return ""


def _in_scene(rest: str) -> str:
    if rest.endswith(".yml"):
        return _meant(f"{rest.rpartition('/')[2][:-4]}.yaml")
    if "/" in rest and rest.endswith(LOOKED_AT):
        return ": only files in scene/ itself are, not in folders below"
    return ""


def _in_checks(rest: str) -> str:
    if rest.endswith(".yml"):
        return _meant(f"{rest.rpartition('/')[2][:-4]}.yaml")
    below = "/" in rest and "__pycache__" not in rest
    if below and rest.endswith((".py", ".yaml")):
        return ": only files in checks/ itself are, not in folders below"
    if rest.endswith(".py") and not rest.startswith("check_"):
        stem = rest[:-3].removeprefix("checks").removeprefix("check").lstrip("-_") or "all"
        return _meant(f"check_{stem}.py")
    return ""


def _in_answers(first: str, rest: str) -> str:
    if "/" not in rest:
        one = "default" if first == "solutions" else "a-mistake"
        return f": put it into a folder, {first}/{one}/{rest}" if rest.endswith(LOOKED_AT) else ""
    return _meant(f"{rest.partition('/')[2][:-4]}.yaml") if rest.endswith(".yml") else ""


def _meant(name: str) -> str:
    return f", did you mean '{name}'?"
