"""The learner's progress: one small file for all labs, which can be carried to another machine."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Protocol

import filelock
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed
from labctl.files import write_whole
from labctl.formats import UPDATE, is_later
from labctl.results import Outcome, Report

FORMAT: Final = "labctl/progress/v1"
MOST: Final = 1 << 20
"""Bytes. A hundred labs take some 50 KiB: what is larger is another file."""
LOCK_TIMEOUT: Final = 10.0
"""Seconds; it is held while a small file is read and written."""


class _Model(BaseModel):
    # A key of a later version stays in the file.
    model_config = ConfigDict(extra="allow")


class LabProgress(_Model):
    """How far the learner got in one lab."""

    steps: dict[str, AwareDatetime] = {}
    """When each step first passed."""
    done: AwareDatetime | None = None
    """When all of them first passed in one check."""
    digest: str = ""
    """Of the lab's files at that time."""


class _File(_Model):
    format: Literal["labctl/progress/v1"]
    seed: int | None = Field(default=None, ge=0)
    labs: dict[str, LabProgress] = {}


class Record(Protocol):
    """What takes in reports; see Learner."""

    def saw(self, report: Report, *, digest: str = "") -> None: ...  # noqa: D102


class Learner:
    """Reads and writes the file. Times of first success are never overwritten.

    Args:
        path: the file; neither it nor its folder need be there.
        say: told once, in a sentence, about a file that could not be read.
        now: the time.
    """

    def __init__(
        self,
        path: Path,
        *,
        say: Callable[[str], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self._say = say or (lambda _: None)
        self._now = now

    def seed(self) -> int:
        """The number from which a lab's parameters follow; chosen when it is first asked for."""
        seed = self._read().seed
        if seed is not None:
            return seed
        with self._changed() as file:
            if file.seed is None:
                file.seed = secrets.randbelow(1 << 31)
            return file.seed

    def first_passed(self, lab_id: str) -> Mapping[str, datetime]:
        """When each step of a lab first passed; steps that never did are not in it."""
        return dict(self._lab(lab_id).steps)

    def done(self, lab_id: str) -> datetime | None:
        """When a lab was done, or None."""
        return self._lab(lab_id).done

    def digest(self, lab_id: str) -> str:
        """The digest of the lab's files with which it was done; empty where it was not."""
        return self._lab(lab_id).digest

    def labs(self) -> tuple[str, ...]:
        """The labs of which something has passed."""
        return tuple(sorted(name for name, lab in self._read().labs.items() if lab.steps))

    def saw(self, report: Report, *, digest: str = "") -> None:
        """Take in what passed. A lab is done when all its steps pass in one report.

        `digest` is that of the lab's files. Nothing is written where nothing is new.
        """
        passed = [step.id for step in report.steps if step.outcome is Outcome.PASS]
        done = report.whole and report.outcome is Outcome.PASS
        lab = self._lab(report.lab)
        if set(passed) <= set(lab.steps) and (lab.done or not done):
            return
        now = self._now()
        with self._changed() as file:
            lab = file.labs.setdefault(report.lab, LabProgress())
            for step in passed:
                lab.steps.setdefault(step, now)
            if done and lab.done is None:
                lab.done, lab.digest = now, digest

    def forget(self) -> None:
        """Remove the file, and its folder where it holds nothing else. No file is no error."""
        try:
            self.path.unlink(missing_ok=True)
            self._lock_path.unlink(missing_ok=True)
        except OSError as err:
            raise self._failed("remove", err) from err
        folder = self.path.parent
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    def _lab(self, lab_id: str) -> LabProgress:
        return self._read().labs.get(lab_id) or LabProgress()

    def _read(self) -> _File:
        """What is kept. Writes are whole, so that no lock is needed to read."""
        try:
            found = self._parsed()
        except ValueError:
            with self._locked():
                return self._current()
        return found or _File(format=FORMAT)

    def _parsed(self) -> _File | None:
        """The file; None where there is none, ValueError where it is damaged or another's."""
        try:
            with self.path.open("rb") as file:
                raw = file.read(MOST + 1)
        except FileNotFoundError:
            return None
        except OSError as err:
            raise self._failed("read", err) from err
        if len(raw) > MOST:
            raise ValueError("too large")
        try:
            return _File.model_validate_json(raw)
        except ValidationError as err:
            self._refuse_later(raw)
            raise ValueError(str(err)) from err

    def _refuse_later(self, raw: bytes) -> None:
        """A later labctl's file is not damaged: it must not be put aside and begun anew."""
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            return
        found = document.get("format") if isinstance(document, dict) else None
        if is_later(found, FORMAT):
            raise PrerequisiteMissing(
                f"'{self.path}' was written by a later labctl: its format is '{found}'.",
                hint=f"{UPDATE}: this one reads '{FORMAT}'.",
            )

    def _current(self) -> _File:
        """What is kept, under the lock: a damaged file is put aside, never overwritten."""
        try:
            return self._parsed() or _File(format=FORMAT)
        except ValueError:
            aside = self._set_aside()
        self._say(
            f"'{self.path}' could not be read as the learner's progress. It is kept as"
            f" '{aside.name}' beside it, and progress starts anew."
        )
        return _File(format=FORMAT)

    def _set_aside(self) -> Path:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        try:
            return self.path.rename(aside)
        except OSError as err:
            raise self._failed("put aside", err) from err

    @contextmanager
    def _changed(self) -> Iterator[_File]:
        """The content, to be changed in the block and written after it."""
        with self._locked():
            file = self._current()
            yield file
            text = json.dumps(file.model_dump(mode="json", exclude_defaults=True), indent=1)
            try:
                # Behind a link, so that the file may lie in a folder that is synchronized.
                write_whole(self.path.resolve(), f"{text}\n", mode=0o600)
            except OSError as err:
                raise self._failed("write", err) from err

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = filelock.FileLock(self._lock_path, timeout=LOCK_TIMEOUT)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout:
            raise ToolFailed(
                f"Another labctl has been writing '{self.path}' for over {LOCK_TIMEOUT:.0f} s.",
                hint="Wait for it to end, or stop it, then run this again.",
            ) from None
        except OSError as err:
            raise self._failed("write", err) from err
        try:
            yield
        finally:
            lock.release()

    def _failed(self, verb: str, err: OSError) -> LabctlError:
        return ToolFailed(
            f"Could not {verb} '{self.path}': {err.strerror or err}.",
            hint="Free space or correct the folder's rights, or set LABCTL_HOME to another one.",
        )
