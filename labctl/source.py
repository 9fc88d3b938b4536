"""YAML files that labctl didn't write: read with care, and with the line of every key."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

MAX_BYTES: Final = 1 << 20
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is eight times as fast; PyYAML may have been built without it."""
MAX_DEPTH: Final = 100
"""Lists and mappings in one another: the loader calls itself for each, and C has no limit to that."""
MAX_NODES: Final = 20_000
"""Counted as a reader would see them, aliases written out: an alias bomb is not expanded."""

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
    documents = list(_parse(path))
    if len(documents) != 1:
        raise Unreadable(f"one YAML document is wanted, there are {len(documents)}")
    return documents[0]


def read_all(path: Path) -> list[Document]:
    """The documents of a manifest; empty ones are left out. Raises Unreadable."""
    return [document for document in _parse(path) if document.data is not None]


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


def _parse(path: Path) -> Iterable[Document]:
    try:
        text = read_text(path)
        _check_depth(text)
        loader = LOADER(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines: dict[Place, int] = {}
            for count, (place, line) in enumerate(_walk(node, ())):
                if count > MAX_NODES:
                    raise Unreadable(f"has more than {MAX_NODES} values, aliases written out")
                lines.setdefault(place, line)
            documents.append(Document(loader.construct_document(node), lines))
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 0
        raise Unreadable(f"is not valid YAML: {err.problem or err.context}", line) from err
    # A wrong value for a tag (`!!timestamp 99-99-99`) makes PyYAML stumble in its own ways.
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError) as err:
        raise Unreadable(f"is not valid YAML: {(str(err).splitlines() or [''])[0]}") from err
    return documents


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise Unreadable(f"is nested more than {MAX_DEPTH} deep", line)


def _walk(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    line = node.start_mark.line + 1
    if len(place) > MAX_DEPTH:  # an alias may lead to what it is in
        raise Unreadable(f"is nested more than {MAX_DEPTH} deep", line)
    yield place, line
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                raise Unreadable(f"key '{name}' is there twice", key.start_mark.line + 1)
            seen.add(name)
            yield (*place, name), key.start_mark.line + 1
            yield from _walk(value, (*place, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*place, index))
