"""Which versions a node image is made of."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from labctl.errors import UsageError
from labctl.model import RUNTIMES, Runtime
from labctl.nodeimage import FOLDER

_ASKED: Final = re.compile(r"v?(?P<minor>1\.\d+)(?P<patch>\.\d+)?")

Minor = Annotated[str, StringConstraints(pattern=r"^1\.\d+$")]
Release = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Entry(_Model):
    """A pinned minor."""

    release: Release
    control_plane: Release | None = Field(alias="control-plane", default=None)
    """Where it is another than the node's kubelet."""
    containerd: Release | None = None
    cri_o: Release | None = Field(alias="cri-o", default=None)
    cri_dockerd: Release | None = Field(alias="cri-dockerd", default=None)
    pause: str
    etcd: Release
    coredns: Release
    crictl: Release
    storage: Release = Field(alias="local-path-provisioner")


class VersionsFile(_Model):
    """versions.yaml."""

    format: Literal["labctl/node-versions/v1"]
    default: Minor
    oldest: Minor
    go: Release
    debian: str
    kind: Release
    kubernetes: dict[Minor, Entry]
    historic: dict[Minor, Entry]

    @model_validator(mode="after")
    def _consistent(self) -> "VersionsFile":
        if self.default not in self.kubernetes:
            raise ValueError(f"default: '{self.default}' is not among kubernetes")
        for minor, entry in (*self.kubernetes.items(), *self.historic.items()):
            if not entry.release.startswith(f"{minor}."):
                raise ValueError(f"kubernetes.{minor}.release: {entry.release} is of another minor")
        return self


@dataclass(frozen=True, slots=True)
class Pins:
    """Everything that has to be said to build one node image."""

    kubernetes: str
    """A full version without a `v`: 1.36.3."""
    go: str
    debian: str
    kind: str
    components: Entry

    @property
    def pinned(self) -> bool:
        """Whether the release is one that the project tests."""
        return self.kubernetes == self.components.release

    @property
    def minor(self) -> str:
        """Such as 1.36."""
        return self.kubernetes.rpartition(".")[0]


@cache
def load(path: Path = FOLDER / "versions.yaml") -> VersionsFile:
    """The project's own versions file."""
    return VersionsFile.model_validate(yaml.safe_load(path.read_text()))


def known(file: VersionsFile) -> tuple[str, ...]:
    """The pinned releases, newest first."""
    releases = (entry.release for entry in file.kubernetes.values())
    return tuple(sorted(releases, key=Version, reverse=True))


def runtimes(minor: str, file: VersionsFile) -> tuple[Runtime, ...]:
    """The runtimes that nodes of a Kubernetes minor can have."""
    if entry := file.historic.get(minor):
        return (Runtime.DOCKERSHIM if entry.control_plane else Runtime.CONTAINERD,)
    # CRI-O is released for one minor each; the others go with any.
    entry = file.kubernetes.get(minor)
    with_crio = entry is not None and entry.cri_o is not None
    return tuple(one for one in RUNTIMES if one is not Runtime.CRIO or with_crio)


def history(file: VersionsFile) -> dict[Runtime, str]:
    """The releases of the historic cluster: the control plane's, and the worker's on dockershim."""
    return {runtimes(minor, file)[0]: entry.release for minor, entry in file.historic.items()}


def pairs(file: VersionsFile) -> tuple[tuple[str, Runtime], ...]:
    """The supported pairs of pinned release and runtime, newest Kubernetes first."""
    return tuple(
        (release, runtime)
        for release in known(file)
        for runtime in runtimes(release.rpartition(".")[0], file)
    )


def check_pair(pins: Pins, runtime: Runtime, file: VersionsFile) -> None:
    """UsageError where a Kubernetes version does not go with a runtime."""
    if runtime in runtimes(pins.minor, file):
        return
    having = [release for release, one in pairs(file) if one is runtime]
    having += [release for one, release in history(file).items() if one is runtime]
    raise UsageError(
        f"Kubernetes {pins.kubernetes} does not go with {runtime}: {_why(runtime, pins)}.",
        hint=f"Take --kubernetes {' or '.join(having)}, or another --runtime:"
        f" {', '.join(runtimes(pins.minor, file))}.",
    )


def _why(runtime: Runtime, pins: Pins) -> str:
    if runtime is Runtime.CRIO:
        return f"CRI-O is released for one minor each, and there is none for {pins.minor} here"
    if runtime is Runtime.DOCKERSHIM:
        return "the dockershim was part of the kubelet until 1.23"
    return "that release is here for the historic cluster alone (docs/history.md)"


def resolve(asked: str | None, file: VersionsFile) -> Pins:
    """What `--kubernetes` means: a pinned minor's release, or any other full version.

    Raises:
        UsageError: no Kubernetes version, too old, or a minor without a pinned release.
    """
    text = asked or file.default
    match = _ASKED.fullmatch(text)
    if match is None:
        raise _unknown(f"'{text}' is not a Kubernetes version.", file)
    minor, patch = match["minor"], match["patch"]
    if minor in file.historic and patch in (None, f".{file.historic[minor].release.split('.')[2]}"):
        return _pins(file.historic[minor].release, file.historic[minor], file)
    if Version(minor) < Version(file.oldest):
        raise _unknown(f"Kubernetes {minor} is older than {file.oldest}.", file)
    if patch is None and minor not in file.kubernetes:
        raise _unknown(f"No release of Kubernetes {minor} is pinned.", file)
    entry = file.kubernetes[_nearest(minor, file)]
    return _pins(f"{minor}{patch}" if patch else entry.release, entry, file)


def _pins(kubernetes: str, entry: Entry, file: VersionsFile) -> Pins:
    return Pins(
        kubernetes=kubernetes,
        go=file.go,
        debian=file.debian,
        kind=file.kind,
        components=entry,
    )


def _nearest(minor: str, file: VersionsFile) -> str:
    """The pinned minor with the smallest distance, the older of two."""
    number = Version(minor).minor
    return min(sorted(file.kubernetes, key=Version), key=lambda m: abs(Version(m).minor - number))


def _unknown(what: str, file: VersionsFile) -> UsageError:
    releases = ", ".join(known(file))
    return UsageError(
        what,
        hint=f"Pinned are {releases}. Any other release from {file.oldest} on can be built by its"
        f" full version, such as {file.default}.1.",
    )
