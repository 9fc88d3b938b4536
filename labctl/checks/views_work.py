"""What a check sees of the learner's working folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labctl.checks.api import Mismatch, Missing
from labctl.checks.views import Recorder
from labctl.errors import LabInvalid
from labctl.source import Unreadable, inside, read_all, read_text

MOST_NAMES: Final = 20


class WorkView:
    """Files of the learner's, read with care: at most 1 MiB each, and none outside the folder."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._folder = folder
        self._recorder = recorder

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._path(path).is_file()

    def text(self, path: str, *, code: str = "file-missing") -> str:
        """A file's text; Missing with that code where there is none."""
        found = self._found(path, code)
        try:
            return read_text(found)
        except Unreadable as err:
            raise _unreadable(path, err) from err

    def yaml(self, path: str, *, code: str = "file-missing") -> Mapping[str, Any]:
        """A YAML file with keys and values; Mismatch `file-unreadable` where it is none."""
        found = self._found(path, code)
        try:
            documents = read_all(found)
        except Unreadable as err:
            raise _unreadable(path, err) from err
        data = documents[0].data if documents else {}
        if not isinstance(data, dict):
            raise Mismatch("file-unreadable", expected=path, actual="it has no keys and values")
        return data

    def _found(self, path: str, code: str) -> Path:
        found = self._path(path)
        if not found.is_file():
            names = sorted(one.name for one in self._folder.glob("*") if one.is_file())
            raise Missing(code, expected=path, actual=names[:MOST_NAMES])
        if not inside(self._folder, found):
            raise Mismatch("file-unreadable", expected=path, actual="it is a link that leads away")
        return found

    def _path(self, path: str) -> Path:
        if path.startswith("/") or ".." in path.split("/"):
            raise LabInvalid(f"'{path}' is no path inside the learner's folder.")
        found = self._folder / path
        self._recorder.saw(f"cat {found}")
        return found


def _unreadable(path: str, err: Unreadable) -> Mismatch:
    where = f"line {err.line}: " if err.line else ""
    return Mismatch("file-unreadable", expected=path, actual=f"{where}{err.text}")
