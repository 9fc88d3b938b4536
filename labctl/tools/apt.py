"""Debian packages: apt's sources, and apt-get with everything said that it could ask."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from labctl.errors import ToolFailed
from labctl.files import write_whole
from labctl.interrupts import shielded
from labctl.nodeimage import debian
from labctl.tools.process import Process

UPDATE: Final = 300.0
SIMULATE: Final = 120.0
INSTALL: Final = 1800.0
LOCK: Final = 60
"""Seconds that apt-get waits for another program's lock on dpkg."""
# `su` without a dash leaves the folders of dpkg's own tools off PATH.
ENVIRONMENT: Final = {
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "NEEDRESTART_SUSPEND": "1",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
HEADER: Final = "# Written by 'labctl setup'; docs/setup.md says how to undo it.\n"

_LOCKED: Final = re.compile(r"could not get lock|unable to (?:lock|acquire)", re.IGNORECASE)
_HOLDER: Final = re.compile(r"held by process (\d+) \(([^)]+)\)")
_SUITES: Final = re.compile(r"^Suites:(.*)$", re.MULTILINE)
_ONE_LINE: Final = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)", re.MULTILINE)


class AptBusy(ToolFailed):
    """Another program holds apt's lock."""


class Apt:
    """apt on this machine; `root` is another folder in tests."""

    def __init__(self, process: Process, *, root: Path = Path("/")) -> None:
        self._process = process
        self._root = root

    def suites(self) -> frozenset[str]:
        """The suites that apt's sources name, whoever wrote them."""
        etc = self._root / "etc/apt"
        folder = etc / "sources.list.d"
        found: set[str] = set()
        for path in (etc / "sources.list", *folder.glob("*.list"), *folder.glob("*.sources")):
            with suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                found.update(_ONE_LINE.findall(text))
                found.update(word for line in _SUITES.findall(text) for word in line.split())
        return frozenset(found)

    def add_suites(self, priorities: Mapping[str, int]) -> tuple[str, ...]:
        """Add suites of the machine's own mirror, pinned so low that nothing is upgraded to them.

        Suites that are there stay as they are. Pins are written before sources: an interruption in
        between leaves a machine that behaves as before.

        Returns:
            The suites that are new.
        """
        there = self.suites()
        new = tuple(suite for suite in priorities if suite not in there)
        if not new:
            return ()
        ours = [suite for suite in priorities if suite in new or self._source(suite).exists()]
        pins = (
            f"Package: *\nPin: release n={suite}\nPin-Priority: {priorities[suite]}\n"
            for suite in ours
        )
        _write(self._pins, HEADER + "\n".join(pins))
        for suite in new:
            _write(
                self._source(suite),
                f"{HEADER}Types: deb\nURIs: {debian.mirror(self._root)}\nSuites: {suite}\n"
                f"Components: main\nSigned-By: {KEYRING}\n",
            )
        return new

    def remove_suites(self, suites: Sequence[str]) -> None:
        """Take back what `add_suites` has just added."""
        for suite in suites:
            self._source(suite).unlink(missing_ok=True)
        if not any((self._root / "etc/apt/sources.list.d").glob("labctl-*.sources")):
            self._pins.unlink(missing_ok=True)

    def update(self, on_line: Callable[[str], None]) -> tuple[str, ...]:
        """Fetch the package lists.

        Returns:
            What could not be had: a source that has nothing to do with labs may well be broken.

        Raises:
            ToolFailed: another program holds the lock.
        """
        try:
            self._run("update", timeout=UPDATE, on_line=on_line)
        except AptBusy:
            raise
        except ToolFailed as err:
            return tuple(line for line in err.details if line.startswith("E:")) or (err.message,)
        return ()

    def simulate(self, packages: Sequence[str]) -> str:
        """What `apt-get install` says that it would do, without doing it; needs no root."""
        return self._run(*_install("--simulate"), *packages, timeout=SIMULATE)

    def install(self, packages: Sequence[str], on_line: Callable[[str], None]) -> None:
        """Install packages, `name` or `name/suite`, without those that are only recommended.

        Raises:
            ToolFailed: apt failed, or another program holds the lock.
        """
        # Nobody is asked about a package's file that was edited: the edited one stays.
        keep = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
        argv = (*_install("--yes"), *keep, *packages)
        self._run(*argv, "--download-only", timeout=INSTALL, on_line=on_line)
        # The long part is over. dpkg cut in half would leave a machine that has to be repaired.
        with shielded():
            self._run(*argv, timeout=INSTALL, on_line=on_line)

    @property
    def _pins(self) -> Path:
        return self._root / "etc/apt/preferences.d/labctl"

    def _source(self, suite: str) -> Path:
        return self._root / f"etc/apt/sources.list.d/labctl-{suite}.sources"

    def _run(self, *args: str, timeout: float, on_line: Callable[[str], None] | None = None) -> str:
        argv = ("apt-get", "-o", f"DPkg::Lock::Timeout={LOCK}", *args)
        try:
            done = self._process.run(argv, timeout=timeout, env=ENVIRONMENT, on_line=on_line)
        except ToolFailed as err:
            raise _in_our_words(err) from err
        return done.stdout


def _install(mode: str) -> tuple[str, ...]:
    return ("install", mode, "--no-install-recommends")


def _in_our_words(err: ToolFailed) -> ToolFailed:
    """The last lines of apt, under a sentence for the two usual causes."""
    text = "\n".join(err.details)
    if _LOCKED.search(text):
        holder = _HOLDER.search(text)
        who = f"process {holder[1]}, {holder[2]}," if holder else "another program"
        return AptBusy(
            f"Packages can't be installed now: {who} holds apt's lock.",
            hint="Wait for it to end, then run 'labctl setup' again.",
        )
    if "dpkg was interrupted" in text:
        return ToolFailed(
            "An earlier installation was cut short, and dpkg asks for it to be finished first.",
            hint="Run: sudo dpkg --configure -a",
        )
    if "Unable to fetch" in text or "Failed to fetch" in text:
        return ToolFailed(
            "apt could not fetch from the package mirror.",
            argv=err.argv,
            hint="See that the mirror in /etc/apt/sources.list* can be reached, then run this again.",
            details=err.details,
        )
    return err


def _write(path: Path, text: str) -> None:
    """Write a file in one step. apt ignores the temporary one: its name begins with a dot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, mode=0o644)
    except OSError as err:
        raise ToolFailed(
            f"Could not write '{path}': {err.strerror or err}.",
            hint="Free space in /etc, then run 'labctl setup' again.",
        ) from err
