"""A lab's folder while it is examined: listed once, and every file read and parsed once."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from labctl.manifest_problems import Loaded, Model, load_with
from labctl.source import Document, Unreadable, inside, only, parse, read_text

Kept = TypeVar("Kept")

MOST_FILES: Final = 5000
"""Links that lead around inside the folder could make it endless."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies in the folder."""

    name: str
    """Its path in the lab's folder, with slashes."""
    kind: str
    """`file`, `folder`, `out` for a link that leads out or nowhere, or `other`."""
    size: int = 0


class LabFolder:
    """A lab's files.

    Args:
        path: the folder.
        prefix: what the folder is called in messages.
        read: the text of a file; raises Unreadable.
        parse_text: the YAML documents of a text; raises Unreadable.
    """

    def __init__(
        self,
        path: Path,
        prefix: str,
        *,
        read: Callable[[Path], str] = read_text,
        parse_text: Callable[[str], list[Document]] = parse,
    ) -> None:
        self.path = path
        self.prefix = prefix
        self._read = read
        self._parse = parse_text
        self._texts: dict[str, str | Unreadable] = {}
        self._documents: dict[str, list[Document] | Unreadable] = {}

    def called(self, name: str) -> str:
        """A file's name in messages."""
        return f"{self.prefix}/{name}"

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All that lies in the folder and below, by name. Raises Unreadable."""
        root = self.path.resolve()
        try:
            found = list(islice(_walk(root, root, "", ()), MOST_FILES + 1))
        except OSError as err:
            raise Unreadable(f"can't be read: '{err.filename}': {err.strerror or err}") from err
        if len(found) > MOST_FILES:
            raise Unreadable(f"has more than {MOST_FILES} files and folders")
        return tuple(sorted(found, key=lambda entry: entry.name))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return tuple(entry.name for entry in self.entries if entry.kind == "file")

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The names of its folders."""
        return tuple(entry.name for entry in self.entries if entry.kind == "folder")

    def glob(self, *patterns: str) -> Iterator[str]:
        """The files with such names, in order; `*` goes no further than a slash, `**` does."""
        wanted = [_pattern(one) for one in patterns]
        return (name for name in self.files if any(one.fullmatch(name) for one in wanted))

    def text(self, name: str) -> str:
        """A file's text. Raises Unreadable."""
        if name not in self._texts:
            try:
                self._texts[name] = self._read(self.path / name)
            except Unreadable as err:
                self._texts[name] = err
        return _answer(self._texts[name])

    def documents(self, name: str) -> list[Document]:
        """A file's YAML documents. Raises Unreadable."""
        if name not in self._documents:
            try:
                self._documents[name] = self._parse(self.text(name))
            except Unreadable as err:
                self._documents[name] = err
        return _answer(self._documents[name])

    def load(self, name: str, model: type[Model]) -> Loaded[Model]:
        """A file as a model, or what is wrong with it."""
        return load_with(lambda: only(self.documents(name)), model, self.called(name))


def _answer(kept: Kept | Unreadable) -> Kept:
    if isinstance(kept, Unreadable):
        raise kept
    return kept


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = {"**": ".*", "*": "[^/]*"}
    return re.compile(
        "".join(parts.get(one) or re.escape(one) for one in re.split(r"(\*\*|\*)", text))
    )


def _walk(root: Path, folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[Entry]:
    """Links are followed where they stay inside, and not into a folder that they lie in."""
    here = (*above, folder)
    with os.scandir(folder) as found:
        for one in found:
            name, path = f"{prefix}{one.name}", folder / one.name
            if one.is_symlink() and not inside(root, path):
                yield Entry(name, "out")
            elif one.is_dir():
                yield Entry(name, "folder")
                real = path.resolve() if one.is_symlink() else path
                if real not in here:
                    yield from _walk(root, real, f"{name}/", here)
            elif one.is_file():
                yield Entry(name, "file", one.stat().st_size)
            else:
                yield Entry(name, "other")
