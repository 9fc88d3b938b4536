"""YAML files that labctl didn't write: read with care, and with the line of every key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

MAX_BYTES: Final = 1 << 20
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is eight times as fast; PyYAML may have been built without it."""
MAX_DEPTH: Final = 100
"""Lists and mappings in one another: what reads them calls itself for each."""
MAX_NODES: Final = 20_000
"""Counted as a reader would see them, aliases written out: an alias bomb is not expanded."""

MERGE: Final = "<<"

Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a file. `line` counts from 1; 0 is the file as a whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class Unreadable(Exception):
    """The file has no usable YAML."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document and where its values stand."""

    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a value, or of the closest thing around it that has one."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(path: Path) -> Document:
    """The one document of a file.

    Raises:
        Unreadable: no such file, too large, not YAML, not text, more than one document.
    """
    return only(parse(read_text(path)))


def only(documents: Sequence[Document]) -> Document:
    """The one document. Raises Unreadable where there is none, or more."""
    if len(documents) != 1:
        raise Unreadable(f"one YAML document is wanted, there are {len(documents)}")
    return documents[0]


def read_all(path: Path) -> list[Document]:
    """The documents of a manifest; empty ones are left out. Raises Unreadable."""
    return [document for document in parse(read_text(path)) if document.data is not None]


def inside(folder: Path, path: Path) -> bool:
    """Whether a path stays in a folder, links followed; a link that leads to itself does not."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # nothing there, or a circle of links
        return False


def read_text(path: Path) -> str:
    """A text file that labctl didn't write. Raises Unreadable."""
    try:
        return _content(path).decode("utf-8")
    except UnicodeDecodeError as err:
        raise Unreadable("is not UTF-8 text") from err


def _content(path: Path) -> bytes:
    if not path.is_file():  # a named pipe would never end
        raise Unreadable(
            "is no file" if path.exists() else "can't be read: No such file or directory"
        )
    try:
        # One more byte than allowed tells a file that is too large from one that just fits.
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise Unreadable(f"can't be read: {err.strerror or err}") from err
    if len(content) > MAX_BYTES:
        raise Unreadable("is larger than 1 MiB")
    return content


def parse(text: str, *, parser: Callable[[str], Any] = LOADER) -> list[Document]:
    """The documents of a text, each walked once: depth, size and lines are seen on the way.

    Raises:
        Unreadable: it is not YAML, or larger or deeper than a reader would want.
    """
    try:
        loader = parser(text)
        loader.get_event()  # the stream's start
        documents = []
        while type(loader.get_event()) is not yaml.StreamEndEvent:
            builder = _Builder(loader)
            data = builder.root()
            loader.get_event()  # the document's end
            documents.append(Document(data, builder.lines))
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 0
        raise Unreadable(f"is not valid YAML: {err.problem or err.context}", line) from err
    # A wrong value for a tag (`!!timestamp 99-99-99`) makes PyYAML stumble in its own ways.
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError) as err:
        raise Unreadable(f"is not valid YAML: {(str(err).splitlines() or [''])[0]}") from err
    return documents


class _Builder:
    """One document's values, made from the parser's events.

    The loader would make nodes first, in C and without a limit to their depth, then values of them,
    and the lines would want a walk of their own.
    """

    def __init__(self, loader: Any) -> None:
        self.lines: dict[Place, int] = {}
        self._loader = loader
        self._next = loader.get_event
        self._plain = loader.yaml_implicit_resolvers
        self._count = 0
        self._anchors: dict[str, tuple[Any, int, int] | None] = {}
        """Value, how many are in it, how deep it goes; None while it is being made."""

    def root(self) -> Any:
        event = self._next()
        self.lines[()] = event.start_mark.line + 1
        return self._value(event, ())[0]

    def _value(self, event: Any, place: Place) -> tuple[Any, int]:
        """The value that begins with this event, and how deep it goes."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event, place)
        self._count += 1
        if self._count > MAX_NODES:
            raise Unreadable(f"has more than {MAX_NODES} values, aliases written out")
        anchor, before = event.anchor, self._count
        if anchor is not None:
            if anchor in self._anchors:
                raise Unreadable(f"anchor '{anchor}' is there twice", event.start_mark.line + 1)
            self._anchors[anchor] = None
        value: Any
        if kind is yaml.ScalarEvent:
            value, depth = self._scalar(event), 0
        else:
            _limit_depth(len(place) + 1, event)
            if kind is yaml.MappingStartEvent:
                value, depth = self._mapping(event, place)
            else:
                value, depth = self._sequence(event, place)
        if anchor is not None:
            self._anchors[anchor] = value, self._count - before + 1, depth
        return value, depth

    def _scalar(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag is None or tag == "!":
            # Most values begin like no number, date or word of YAML's own.
            if not event.implicit[0] or text[:1] not in self._plain:
                return text
            tag = self._loader.resolve(yaml.ScalarNode, text, event.implicit)
            if tag == "tag:yaml.org,2002:str":
                return text
        node = yaml.ScalarNode(tag, text, event.start_mark, event.end_mark, style=event.style)
        return self._loader.construct_object(node, deep=True)

    def _mapping(self, start: Any, place: Place) -> tuple[dict[Any, Any], int]:
        _untagged(start, "map")
        found: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        seen: set[str] = set()
        deepest = 0
        while type(event := self._next()) is not yaml.MappingEndEvent:
            line = event.start_mark.line + 1
            if type(event) is yaml.ScalarEvent:
                name, merge = event.value, event.value == MERGE and event.implicit[0]
            elif type(event) is yaml.AliasEvent:
                name, merge = f"*{event.anchor}", False
            else:
                raise Unreadable("is not valid YAML: a key is a text or a number", line)
            inner = (*place, name)
            key = None if merge else self._value(event, inner)[0]
            if name in seen and not merge:
                raise Unreadable(f"key '{name}' is there twice", line)
            seen.add(name)
            self.lines[inner] = line
            value, depth = self._value(self._next(), inner)
            deepest = max(deepest, depth)
            if merge:
                merged.update(_merged(value, line))
            else:
                found[key] = value
        return ({**merged, **found} if merged else found), deepest + 1

    def _sequence(self, start: Any, place: Place) -> tuple[list[Any], int]:
        _untagged(start, "seq")
        items: list[Any] = []
        deepest = 0
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            inner = (*place, len(items))
            self.lines[inner] = event.start_mark.line + 1
            item, depth = self._value(event, inner)
            items.append(item)
            deepest = max(deepest, depth)
        return items, deepest + 1

    def _alias(self, event: Any, place: Place) -> tuple[Any, int]:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            raise Unreadable(f"is not valid YAML: there is no anchor '{event.anchor}'", line)
        found = self._anchors[event.anchor]
        if found is None:
            raise Unreadable(f"alias '{event.anchor}' leads to what it is in", line)
        value, size, depth = found
        self._count += size
        if self._count > MAX_NODES:
            raise Unreadable(f"has more than {MAX_NODES} values, aliases written out")
        _limit_depth(len(place) + depth, event)
        return value, depth


def _limit_depth(depth: int, event: Any) -> None:
    if depth > MAX_DEPTH:
        raise Unreadable(f"is nested more than {MAX_DEPTH} deep", event.start_mark.line + 1)


def _untagged(event: Any, kind: str) -> None:
    """Sets, Python objects and other tags are no part of a lab's files."""
    if event.tag not in (None, "!", f"tag:yaml.org,2002:{kind}"):
        raise Unreadable(f"is not valid YAML: tag '{event.tag}'", event.start_mark.line + 1)


def _merged(value: Any, line: int) -> dict[Any, Any]:
    """What `<<` stands for: a mapping, or several, the first of which wins."""
    several = value if isinstance(value, list) else [value]
    found: dict[Any, Any] = {}
    for one in reversed(several):
        if not isinstance(one, dict):
            raise Unreadable("is not valid YAML: '<<' wants a mapping", line)
        found.update(one)
    return found
