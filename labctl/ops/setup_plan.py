"""What `setup` would do on a machine: which packages from where, and what is left to a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labctl.model import EngineInfo
from labctl.nodeimage import versions
from labctl.ops.doctor_facts import Missing, Program, version_in
from labctl.ops.doctor_programs import OLDEST_ENGINE, PROGRAMS, good_enough

ENGINE: Final = "engine"

_INSTALL: Final = re.compile(r"^Inst (\S+)(?: \[([^\]]+)\])? \((\S+)", re.MULTILINE)
_REMOVE: Final = re.compile(r"^(?:Remv|Purg) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Where one release has what labctl needs.

    Attributes:
        packages: what is missing -> the packages that bring it.
        suites: other suites to add, with their pin priority.
        newer: the packages to take from the last of these suites.
    """

    packages: Mapping[str, tuple[str, ...]]
    suites: Mapping[str, int] = field(default_factory=dict)
    newer: frozenset[str] = frozenset()


# kubectl by its own name: kubernetes-client only depends on it, in whichever version.
# The engine's packages go together: docker.io 20.10 has the docker program, later ones don't.
_ENGINE_OF_DEBIAN: Final = ("docker.io", "docker-cli", "docker-buildx")
_DEBIAN: Final = {
    ENGINE: _ENGINE_OF_DEBIAN,
    "docker": ("docker-cli",),
    "buildx": ("docker-buildx",),
    "kind": ("kind",),
    "kubectl": ("kubectl",),
    "mmdebstrap": ("mmdebstrap",),
}
_NEWEST: Final = frozenset({"kind", "kubectl"})
DEBIAN: Final = {
    # Its own engine, 20.10, is too old. The pins keep everything else as it is.
    "bookworm": Distribution(
        _DEBIAN, {"trixie": 50, "forky": 40}, frozenset(_ENGINE_OF_DEBIAN) | _NEWEST
    ),
    "trixie": Distribution(_DEBIAN, {"forky": 40}, _NEWEST),
    "forky": Distribution(_DEBIAN),
}
# Its archive has neither kind nor kubectl, and Debian's suites can't be mixed in.
UBUNTU: Final = Distribution(
    {
        ENGINE: ("docker.io", "docker-buildx"),
        "docker": ("docker.io",),
        "buildx": ("docker-buildx",),
        "mmdebstrap": ("mmdebstrap", "debian-archive-keyring"),
    }
)


@dataclass(frozen=True, slots=True)
class System:
    """From /etc/os-release, or `macos`. `architecture` in Go's words: amd64, arm64."""

    id: str = ""
    codename: str = ""
    name: str = "this system"
    architecture: str = "amd64"


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there."""

    system: System
    engine: EngineInfo | Missing
    dockerd: Program
    """The engine's program; with an engine on another machine there is none here."""
    programs: Mapping[str, Program]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `by_hand` are commands that labctl leaves to a person."""

    suites: Mapping[str, int]
    packages: tuple[str, ...]
    start: bool
    by_hand: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether everything is there."""
        return not (self.packages or self.start or self.by_hand)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an installation would do: the names of packages."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]

    def not_ours(self, packages: tuple[str, ...]) -> tuple[str, ...]:
        """What would happen to packages that were not asked for, one line each."""
        names = {package.partition("/")[0] for package in packages}
        return (
            *(f"{name} would be replaced" for name in self.replaced if name not in names),
            *(f"{name} would be removed" for name in self.removed),
        )


def parse_system(os_release: str, machine: str) -> System:
    """From the text of /etc/os-release and the machine's name for its architecture."""
    pairs = (line.partition("=") for line in os_release.splitlines())
    values = {key: value.strip("\"'") for key, _, value in pairs}
    return System(
        values.get("ID", ""),
        values.get("VERSION_CODENAME", ""),
        values.get("PRETTY_NAME") or "this system",
        {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
    )


def parse_simulation(text: str) -> Changes:
    """From the output of `apt-get install --simulate`."""
    installs = [match.groups() for match in _INSTALL.finditer(text)]
    return Changes(
        added=tuple(name for name, old, _ in installs if not old),
        replaced=tuple(name for name, old, _ in installs if old),
        removed=tuple(_REMOVE.findall(text)),
    )


def missing(survey: Survey) -> tuple[str, ...]:
    """What is not there, or not good enough."""
    programs = tuple(name for name in PROGRAMS if not good_enough(name, survey.programs[name]))
    things = programs if _engine_good(survey) else (ENGINE, *programs)
    source = distribution(survey.system)
    # Elsewhere the base image is pulled.
    return tuple(thing for thing in things if source or thing != "mmdebstrap")


def make_plan(survey: Survey) -> Plan:
    """Decide what to install, what to start and what to leave to a person."""
    lacks = missing(survey)
    source = distribution(survey.system)
    start = isinstance(survey.engine, Missing)
    if source is None:
        by_hand = _commands(survey.system, lacks)
        if start and survey.system.id != "macos":
            by_hand = (*by_hand, "sudo systemctl enable --now docker")
        elif start and ENGINE not in lacks:
            by_hand = (*by_hand, "open -a Docker")
        return Plan({}, (), start=False, by_hand=by_hand)
    names = dict.fromkeys(name for thing in lacks for name in source.packages.get(thing, ()))
    suite = "".join(tuple(source.suites)[-1:])
    packages = tuple(f"{name}/{suite}" if name in source.newer else name for name in names)
    others = tuple(thing for thing in lacks if thing not in source.packages)
    needed = source.suites if any("/" in package for package in packages) else {}
    return Plan(needed, packages, start, _commands(survey.system, others))


def distribution(system: System) -> Distribution | None:
    """The release's packages; None for one that labctl does not install on."""
    if system.id == "ubuntu":
        return UBUNTU
    return DEBIAN.get(system.codename) if system.id == "debian" else None


def _engine_good(survey: Survey) -> bool:
    if isinstance(survey.engine, EngineInfo):
        found = version_in(survey.engine.version)
    else:
        found = survey.dockerd.version
    return found is not None and found >= OLDEST_ENGINE


def _commands(system: System, things: Sequence[str]) -> tuple[str, ...]:
    """The commands that bring things to a system where labctl installs no packages for them.

    mmdebstrap has none: where a registry can be reached, the base image is pulled.
    """
    file = versions.load()
    brew = {
        ENGINE: "brew install --cask docker-desktop    # then start Docker once",
        "kind": "brew install kind",
        "kubectl": "brew install kubernetes-cli",
    }
    dnf = {
        ENGINE: "sudo dnf install moby-engine docker-cli docker-buildx",
        "docker": "sudo dnf install docker-cli",
        "buildx": "sudo dnf install docker-buildx",
    }
    release = file.kubernetes[file.default].release
    linux = {
        ENGINE: f"# Docker Engine {OLDEST_ENGINE} or newer: https://docs.docker.com/engine/install/",
        "docker": "# docker: https://docs.docker.com/engine/install/",
        "buildx": "# buildx: https://docs.docker.com/engine/install/",
        "kind": f"go install sigs.k8s.io/kind@v{file.kind}"
        ' && sudo install "$(go env GOPATH)/bin/kind" /usr/local/bin/',
        "kubectl": f"curl -LO https://dl.k8s.io/release/v{release}/bin/linux/"
        f"{system.architecture}/kubectl && sudo install kubectl /usr/local/bin/",
    }
    own = {"macos": brew, "fedora": {**linux, **dnf}}.get(system.id, linux)
    # The engine's packages bring the program and the plugin.
    brought = {"docker", "buildx"} if ENGINE in things else set()
    return tuple(own[thing] for thing in things if thing in own and thing not in brought)
