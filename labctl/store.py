"""The state folder: what can't be asked of the engine or the API server.

$LABCTL_HOME/
  README               says what this folder is
  clusters/NAME/       kubeconfig, work (where the starter files are), progress.json
  locks/NAME.lock      held while something is being made
  lab-test/            the same for the clusters of `labctl lab test`
  trust.json           labs from outside that were trusted, by digest
  logs/                crash logs, logs of failed starts
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labctl.errors import ToolFailed
from labctl.files import write_whole

README = """This folder belongs to labctl: kubeconfigs, locks and logs of its clusters.
`labctl down --all` empties it, but for your progress; deleting it by hand loses no cluster.
"""


class Store:
    """Files under one home folder. Every write is whole or not there at all."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def cluster_dir(self, name: str) -> Path:
        """The folder of one cluster; it may not exist."""
        return self.home / "clusters" / name

    def kubeconfig(self, name: str) -> Path:
        """Where the cluster's own kubeconfig lies; it may not exist."""
        return self.cluster_dir(name) / "kubeconfig"

    @property
    def lab_tests(self) -> Path:
        """The state folder of `labctl lab test`, apart from the learner's; it may not exist."""
        return self.home / "lab-test"

    @property
    def trust(self) -> Path:
        """The labs from outside that were trusted; it may not exist."""
        return self.home / "trust.json"

    @property
    def logs(self) -> Path:
        """The folder of logs; it may not exist."""
        return self.home / "logs"

    def write(self, path: Path, text: str, *, mode: int = 0o600) -> None:
        """Write a file in one step: a temporary file in the same folder, then a rename."""
        try:
            self._ensure(path.parent)
            write_whole(path, text, mode=mode)
        except OSError as err:
            raise ToolFailed(
                f"Could not write '{path}': {err.strerror or err}.",
                hint="Free space or set LABCTL_HOME to a folder that can be written.",
            ) from err

    def names(self) -> tuple[str, ...]:
        """The clusters that have a folder here."""
        folder = self.home / "clusters"
        return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()

    def forget(self, name: str) -> None:
        """Remove what is kept for one cluster."""
        shutil.rmtree(self.cluster_dir(name), ignore_errors=True)

    def take_over(self, made_as: str, name: str) -> None:
        """Give one cluster the kubeconfig of another, and forget that one."""
        text = self.kubeconfig(made_as).read_text(encoding="utf-8")
        self.write(self.kubeconfig(name), text)
        self.forget(made_as)

    def clear(self) -> None:
        """Remove everything but what another labctl works with right now."""
        for folder in (self.logs, self.lab_tests):
            shutil.rmtree(folder, ignore_errors=True)
        self.trust.unlink(missing_ok=True)
        import filelock  # noqa: PLC0415 - it takes long, and most commands lock nothing

        for path in (self.home / "locks").glob("*.lock"):
            lock = filelock.FileLock(path)
            with suppress(filelock.Timeout), lock.acquire(timeout=0):
                path.unlink(missing_ok=True)
        for folder in (self.home / "clusters", self.home / "locks"):
            with suppress(OSError):
                folder.rmdir()
        if self.home.is_dir() and {path.name for path in self.home.iterdir()} <= {"README"}:
            shutil.rmtree(self.home, ignore_errors=True)

    @contextmanager
    def lock(
        self, name: str, *, timeout: float, on_wait: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Hold the lock of one cluster or build; say so first when another process has it."""
        import filelock  # noqa: PLC0415 - see clear

        path = self._lock_path(name)
        try:
            self._ensure(path.parent)
        except OSError as err:
            raise ToolFailed(
                f"Could not make '{path.parent}': {err.strerror or err}.",
                hint="Free space or set LABCTL_HOME to a folder that can be written.",
            ) from err
        lock = filelock.FileLock(path)
        try:
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                if on_wait:
                    on_wait()
                lock.acquire(timeout=timeout)
        except filelock.Timeout:
            raise ToolFailed(
                f"Another labctl has been working on '{name}' for over {timeout:.0f} s.",
                hint="Wait for it to end, or stop it, then run this again.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _lock_path(self, name: str) -> Path:
        return self.home / "locks" / f"{name}.lock"

    def _ensure(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        readme = self.home / "README"
        if not readme.exists():
            readme.write_text(README, encoding="utf-8")
