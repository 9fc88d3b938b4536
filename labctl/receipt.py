"""A receipt: what was checked, against what, with which result. A file that can be handed in.

It has a digest over itself, so that an accidental edit shows. That is no signature: whoever edits it
on purpose can compute the digest too.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from labctl.errors import UsageError
from labctl.formats import UPDATE, is_later
from labctl.model import Runtime
from labctl.results import Outcome

FORMAT: Final = "labctl/receipt/v1"
MOST: Final = 1 << 20
"""Bytes. A receipt has some 3 KiB: what is larger is another file."""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=63)]
Short = Annotated[str, StringConstraints(max_length=200)]


class _Model(BaseModel):
    # A key that a later labctl adds does not make a receipt unreadable.
    model_config = ConfigDict(extra="ignore", frozen=True)


class LabOf(_Model):
    """The lab, and which version of it."""

    id: Name
    digest: Digest


class ClusterOf(_Model):
    """What it ran on: enough to make the same again."""

    kubernetes: Annotated[str, StringConstraints(pattern=r"^1\.\d{1,3}\.\d{1,3}$")]
    runtimes: tuple[Runtime, ...] = Field(min_length=1, max_length=len(Runtime))
    """Each once, the control plane's first."""
    oci_runtime: Literal["runc", "crun"]
    nodes: int = Field(ge=1, le=9)


class CheckOf(_Model):
    """How a check ended."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
    outcome: Outcome
    code: Short | None = None


class StepOf(_Model):
    """A step's checks."""

    id: Name
    checks: tuple[CheckOf, ...]


class Receipt(_Model):
    """One check of a whole lab."""

    format: Literal["labctl/receipt/v1"] = FORMAT
    lab: LabOf
    seed: int = Field(ge=0, lt=1 << 63)
    """From which the lab's parameters follow."""
    time: AwareDatetime
    outcome: Outcome
    cluster: ClusterOf
    labctl: Short
    """Its version."""
    engine: Short
    """The version of the Docker Engine."""
    images: dict[Short, Digest | None]
    """The lab's images: tag -> digest of the configuration, or None where it was not there."""
    steps: tuple[StepOf, ...]
    digest: str = ""
    """Over all the rest; empty until it is written."""

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Each check's outcome by its name, in order."""
        return {check.name: check.outcome for step in self.steps for check in step.checks}

    def text(self) -> str:
        """The file's content, with its digest."""
        document = self.model_dump(mode="json", exclude={"digest"})
        return json.dumps({**document, "digest": digest_of(document)}, indent=2) + "\n"


def digest_of(document: dict[str, Any]) -> str:
    """The digest of a receipt without the one that is in it. Layout and order of keys don't count."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read_receipt(path: Path) -> Receipt:
    """The receipt in a file.

    Raises:
        UsageError: it can't be read, is no receipt, or was changed; one sentence that says which.
    """
    document = _document(path, _content(path))
    found = document.get("format")
    if is_later(found, FORMAT):
        raise UsageError(
            f"'{path}' was written by a later labctl: its format is '{found}'.",
            hint=f"{UPDATE}: this one reads '{FORMAT}'.",
        )
    if found != FORMAT:
        raise UsageError(
            f"'{path}' is no receipt: its format is not '{FORMAT}'.",
            hint="A receipt is written by: labctl check --receipt FILE",
        )
    if document.get("digest") != digest_of(document):
        raise UsageError(
            f"'{path}' was changed after labctl wrote it: its digest does not fit.",
            hint="Ask for the file as it was written, or for a new one.",
        )
    try:
        return Receipt.model_validate(document)
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"'{path}' is no receipt of a lab: {where}: {first['msg']}.") from err


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST:
            raise UsageError(
                f"'{path}' is no receipt: it has {size / 2**20:.1f} MiB, a receipt at most"
                f" {MOST >> 20}."
            )
        # A pipe or a device has no size, and may have no end.
        if not path.is_file():
            raise UsageError(f"'{path}' is no receipt: it is no file.")
        return path.read_bytes()
    except OSError as err:
        raise UsageError(f"'{path}' can't be read: {err.strerror or err}.") from err


def _document(path: Path, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as err:
        raise UsageError(f"'{path}' is no receipt: it is not JSON.") from err
    if not isinstance(document, dict):
        raise UsageError(f"'{path}' is no receipt: it is not a JSON object.")
    return document
