"""The learner's working folder: files that came, changed or went, by a look each second.

The system can tell of such changes, but in its own way on each system, and not for every file
system that a home folder may be on. A working folder has a dozen files.
"""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from labctl.tools.follower import PAUSE, Follower

MOST: Final = 2000
"""Entries that are looked at; a learner may have started in a folder full of other things."""
FOREIGN: Final = frozenset({".git", ".venv", "__pycache__", "node_modules", ".terraform"})


class WorkFiles(Follower):
    """Follows a folder, which need not be there.

    Args:
        folder: where the learner works.
        changed: see Follower.
        state: see Follower.
        pause: seconds between two looks.
    """

    def __init__(
        self,
        folder: Path,
        *,
        changed: Callable[[str], None],
        state: Callable[[str, str], None],
        pause: float = PAUSE,
    ) -> None:
        super().__init__("files", changed=changed, state=state, pause=pause)
        self._folder = folder
        self._before: frozenset[tuple[str, int, int]] | None = None

    def _follow(self) -> None:
        now = frozenset(islice(_entries(str(self._folder)), MOST))
        if self._before not in (None, now):
            self._changed(self.name)
        self._before = now


def _entries(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of each file below a folder, nearer ones first."""
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop(0)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:  # not there, gone meanwhile, or not ours to read
            continue
        for entry in found:
            if entry.name in FOREIGN:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            yield entry.path, stat.st_mtime_ns, stat.st_size
