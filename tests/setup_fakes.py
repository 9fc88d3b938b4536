"""A machine, an engine and a package manager for `labctl setup`, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import EngineInfo
from labctl.ops.setup import Ports, setup
from tests.fakes import FakeProgress
from tests.unit.test_doctor import ENGINE
from tests.unit.test_doctor_gather import FakeRunner

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
ALL = {
    "docker": "Docker version 28.5.2",
    "docker buildx version": "buildx 0.29.1",
    "dockerd": "Docker version 28.5.2",
    "kind": "kind v0.33.0",
    "kubectl": "Client Version: v1.36.4",
    "mmdebstrap": "mmdebstrap 1.3.5",
}
BROUGHT = {
    "docker.io": ("dockerd",),
    "docker-cli": ("docker",),
    "docker-buildx": ("docker buildx version",),
    "kind": ("kind",),
    "kubectl": ("kubectl",),
    "mmdebstrap": ("mmdebstrap",),
}
EVERYTHING = (
    "docker.io/forky",
    "docker-cli/forky",
    "docker-buildx/forky",
    "kind/forky",
    "kubectl/forky",
    "mmdebstrap",
)


@dataclass
class FakeMachine:
    os_release: str = BOOKWORM
    root: bool = True
    caller: str = ""
    kernel: str = "Linux"
    files: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> str:
        return self.os_release if path == "/etc/os-release" else self.files[path]

    def exists(self, path: str) -> bool:
        return path in self.files or (path == "/etc/os-release" and bool(self.os_release))

    def is_root(self) -> bool:
        return self.root

    def platform(self) -> tuple[str, str]:
        return self.kernel, "aarch64"

    def user(self) -> str:
        return self.caller


@dataclass
class FakeDaemon:
    """The engine and what starts it."""

    alive: bool = False
    version: str = "28.5.2"
    denied: bool = False
    starts: int = 0

    def info(self) -> EngineInfo:
        if self.denied:
            raise PrerequisiteMissing("You may not talk to it.", hint="Run: usermod")
        if not self.alive:
            raise PrerequisiteMissing("It does not answer.", hint="Run 'labctl setup'.")
        return replace(ENGINE, version=self.version)

    def command(self) -> tuple[str, ...]:
        return ("dockerd",)

    def start(self, on_pending: Callable[[str], None]) -> None:
        self.starts += 1
        self.alive = True


@dataclass
class FakeApt:
    """Installs by making the programs of a FakeRunner appear."""

    runner: FakeRunner
    simulation: str = "Inst kind (0.33.0-1 Debian:testing [amd64])\n"
    troubles: tuple[str, ...] = ()
    fail_at: str = ""
    suites: dict[str, int] = field(default_factory=dict)
    installed: tuple[str, ...] = ()

    def add_suites(self, priorities: Mapping[str, int]) -> tuple[str, ...]:
        new = tuple(suite for suite in priorities if suite not in self.suites)
        self.suites |= priorities
        return new

    def remove_suites(self, suites: Sequence[str]) -> None:
        for suite in suites:
            del self.suites[suite]

    def update(self, on_line: Callable[[str], None]) -> tuple[str, ...]:
        self._maybe_fail("update")
        return self.troubles

    def simulate(self, packages: Sequence[str]) -> str:
        self._maybe_fail("simulate")
        return self.simulation

    def install(self, packages: Sequence[str], on_line: Callable[[str], None]) -> None:
        self._maybe_fail("install")
        self.installed = tuple(packages)
        for package in packages:
            for program in BROUGHT.get(package.partition("/")[0], ()):
                self.runner.programs[program] = ALL[program]

    def _maybe_fail(self, step: str) -> None:
        if step == self.fail_at:
            raise ToolFailed(f"{step} failed")


@dataclass
class World:
    """A bare machine, unless told otherwise."""

    machine: FakeMachine = field(default_factory=FakeMachine)
    daemon: FakeDaemon = field(default_factory=FakeDaemon)
    runner: FakeRunner = field(default_factory=FakeRunner)
    docker_host: str = ""

    def __post_init__(self) -> None:
        self.apt = FakeApt(self.runner)
        self.progress = FakeProgress()

    def setup(self, *, dry_run: bool = False) -> tuple[str, ...]:
        return setup(
            Ports(
                self.machine,
                self.daemon,
                self.runner,
                self.apt,
                self.daemon,
                self.progress,
                self.docker_host,
                "sudo labctl setup",
            ),
            dry_run=dry_run,
        )
