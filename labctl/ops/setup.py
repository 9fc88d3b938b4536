"""`labctl setup`: make the machine ready. What is there and good enough stays as it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed
from labctl.model import EngineInfo
from labctl.ops.doctor_facts import Missing, Program, version_in
from labctl.ops.doctor_programs import OLDEST_ENGINE, PROGRAMS, look_at
from labctl.ops.ports import Progress, Runner
from labctl.ops.setup_plan import (
    ENGINE,
    Plan,
    Survey,
    System,
    make_plan,
    missing,
    parse_simulation,
    parse_system,
)

SOCKET: Final = "/var/run/docker.sock"


class Machine(Protocol):
    """The machine that is made ready."""

    def read(self, path: str) -> str:
        """A file's text; OSError when it can't be read."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def is_root(self) -> bool:
        """Whether labctl runs as root."""

    def platform(self) -> tuple[str, str]:
        """The kernel's name and the architecture: `Linux`, `x86_64`."""

    def user(self) -> str:
        """Who called sudo; empty when nobody did."""


class Packages(Protocol):
    """The package manager."""

    def add_suites(self, priorities: Mapping[str, int]) -> tuple[str, ...]:
        """Add suites with a pin; answers those that are new."""

    def remove_suites(self, suites: Sequence[str]) -> None:
        """Take them back."""

    def update(self, on_line: Callable[[str], None]) -> tuple[str, ...]:
        """Fetch the lists; answers what could not be had."""

    def simulate(self, packages: Sequence[str]) -> str:
        """What an installation would do."""

    def install(self, packages: Sequence[str], on_line: Callable[[str], None]) -> None:
        """Install packages, `name` or `name/suite`."""


class Service(Protocol):
    """How the engine is started."""

    def command(self) -> tuple[str, ...]:
        """The command that starts it."""

    def start(self, on_pending: Callable[[str], None]) -> None:
        """Start it and return when it answers."""


class EngineProbe(Protocol):
    """The Docker Engine, as far as `setup` asks it."""

    def info(self) -> EngineInfo:
        """Raises PrerequisiteMissing when the engine does not answer."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What `setup` works with."""

    machine: Machine
    engine: EngineProbe
    runner: Runner
    packages: Packages
    service: Service
    progress: Progress
    docker_host: str
    """DOCKER_HOST, empty where it is not set."""
    as_root: str
    """The command that runs this again as root."""


def setup(ports: Ports, *, dry_run: bool) -> tuple[str, ...]:
    """Install what is missing and start the engine; answers what was found or done, line by line.

    Raises:
        PrerequisiteMissing: root is needed, or something is left to a person; nothing half-done.
        ToolFailed: packages could not be installed or the engine could not be started.
    """
    survey = _survey(ports)
    plan = make_plan(survey)
    if plan.nothing:
        return (f"Nothing to do: {_what_is_there(survey)}.", *_group(ports))
    _refuse_what_packages_cannot_cure(ports, survey, plan)
    if dry_run:
        return _described(ports, plan)
    if (plan.packages or plan.start) and not ports.machine.is_root():
        raise PrerequisiteMissing(
            "Only root may install packages and start the engine.",
            details=_described(ports, plan),
            hint=f"Run: {ports.as_root}",
        )
    if plan.packages:
        _install(ports, plan)
    if plan.start and not _answers(ports.engine):
        with ports.progress.phase("Start the Docker Engine"):
            ports.service.start(ports.progress.detail)
    return _verified(ports, plan)


def _survey(ports: Ports) -> Survey:
    engine: EngineInfo | Missing
    try:
        engine = ports.engine.info()
    except PrerequisiteMissing as err:
        engine = Missing(err.message, err.hint)
    # Debian has it in /usr/sbin, which is not on everyone's PATH.
    places = ("dockerd", "/usr/sbin/dockerd")
    found = (look_at("dockerd", ports.runner, (place, "--version")) for place in places)
    return Survey(
        _system(ports.machine),
        engine,
        next((program for program in found if program.path), Program(None)),
        {name: look_at(name, ports.runner) for name in PROGRAMS},
    )


def _system(machine: Machine) -> System:
    kernel, architecture = machine.platform()
    if kernel == "Darwin":
        return System("macos", name="macOS")
    path = "/etc/os-release"
    return parse_system(machine.read(path) if machine.exists(path) else "", architecture)


def _refuse_what_packages_cannot_cure(ports: Ports, survey: Survey, plan: Plan) -> None:
    if not isinstance(survey.engine, Missing):
        return
    if ports.docker_host:
        raise PrerequisiteMissing(
            f"DOCKER_HOST is '{ports.docker_host}', and no engine answers there.",
            hint="Start that engine, or unset DOCKER_HOST to use one on this machine.",
        )
    # An engine that runs and does not talk to this user needs no second start.
    only_start = plan.start and not plan.packages
    if only_start and not ports.machine.is_root() and ports.machine.exists(SOCKET):
        raise PrerequisiteMissing(survey.engine.what, hint=survey.engine.hint)


def _install(ports: Ports, plan: Plan) -> None:
    progress = ports.progress
    new = ports.packages.add_suites(plan.suites)
    try:
        with progress.phase("Fetch package lists"):
            troubles = ports.packages.update(progress.detail)
        for trouble in troubles:
            progress.note(trouble)
        _refuse_to_replace(ports.packages.simulate(plan.packages), plan)
    except LabctlError:
        # The machine's sources are again as they were. A Ctrl-C leaves them whole and pinned,
        # which changes nothing either.
        ports.packages.remove_suites(new)
        raise
    with progress.phase(f"Install {', '.join(_names(plan.packages))}"):
        ports.packages.install(plan.packages, progress.detail)


def _names(packages: Sequence[str]) -> tuple[str, ...]:
    return tuple(package.partition("/")[0] for package in packages)


def _refuse_to_replace(simulation: str, plan: Plan) -> None:
    if not_ours := parse_simulation(simulation).not_ours(plan.packages):
        raise PrerequisiteMissing(
            "Installing would change packages that labctl was not asked for; nothing was changed.",
            details=not_ours,
            hint="Install Docker Engine, kind and kubectl your own way, then run"
            " 'labctl doctor'; docs/setup.md has the commands.",
        )


def _verified(ports: Ports, plan: Plan) -> tuple[str, ...]:
    survey = _survey(ports)
    if plan.by_hand:
        raise PrerequisiteMissing(
            f"What is left has no package on {survey.system.name}. Run these yourself:",
            details=plan.by_hand,
            hint="Then run 'labctl doctor'.",
        )
    if lacks := missing(survey):
        raise ToolFailed(
            "Installed, but still not good enough:",
            details=tuple(_seen(survey, thing) for thing in lacks),
            hint="An older one first on PATH hides the new one: 'type -a docker kind kubectl'.",
        )
    return (f"Ready: {_what_is_there(survey)}.", *_group(ports))


def _seen(survey: Survey, thing: str) -> str:
    if thing == ENGINE:
        engine = survey.engine
        runs = engine.version if isinstance(engine, EngineInfo) else "none"
        return (
            f"engine: {runs} runs, {OLDEST_ENGINE} is needed; restart it if it was just installed"
        )
    program = survey.programs[thing]
    return (
        f"{thing}: {program.version or ''} at {program.path}" if program.path else f"{thing}: none"
    )


def _what_is_there(survey: Survey) -> str:
    engine = survey.engine
    found = {"Docker Engine": version_in(engine.version) if isinstance(engine, EngineInfo) else ""}
    found |= {name: program.version for name, program in survey.programs.items() if program.path}
    return ", ".join(f"{name} {version or ''}".rstrip() for name, version in found.items())


def _described(ports: Ports, plan: Plan) -> tuple[str, ...]:
    lines = [f"Add Debian suite {suite}, pinned to {pin}" for suite, pin in plan.suites.items()]
    if plan.packages:
        lines.append(f"Install {' '.join(plan.packages)}")
    if plan.start:
        lines.append(f"Start the engine: {' '.join(ports.service.command())}")
    lines += [f"Left to you: {command}" for command in plan.by_hand]
    return tuple(lines)


def _group(ports: Ports) -> tuple[str, ...]:
    """The one thing that labctl does not do by itself: who is in that group is as good as root."""
    user = ports.machine.user()
    if not user or user in _members(ports.machine):
        return ()
    return (f"To use the engine without sudo: sudo usermod -aG docker {user}, then log in again.",)


def _members(machine: Machine) -> frozenset[str]:
    if not machine.exists("/etc/group"):
        return frozenset()
    for line in machine.read("/etc/group").splitlines():
        name, _, rest = line.partition(":")
        if name == "docker":
            return frozenset(rest.rpartition(":")[2].split(","))
    return frozenset()


def _answers(engine: EngineProbe) -> bool:
    try:
        engine.info()
    except PrerequisiteMissing:
        return False
    return True
