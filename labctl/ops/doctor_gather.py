"""Looks at everything at once, within one deadline; what can't be seen is Unknown, and says why."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed
from labctl.model import EngineInfo
from labctl.ops.doctor_facts import (
    Cgroups,
    Disk,
    Facts,
    Feature,
    Inotify,
    Iptables,
    Missing,
    Program,
    Reach,
    Unknown,
    parse_cgroups,
    parse_feature,
    parse_lacking,
    parse_memory,
    parse_routes,
)
from labctl.ops.doctor_programs import PROGRAMS, look_at
from labctl.ops.ports import Runner

T = TypeVar("T")

DEADLINE: Final = 4.0
"""Seconds for all looks together."""
ANSWER: Final = 3.0
"""Seconds for one answer from the network or a program."""
REGISTRY: Final = "https://registry-1.docker.io/v2/"
DATA_ROOT: Final = Path("/var/lib/docker")
REFUSED: Final = (403, 407)
"""Answers of a proxy that lets nobody through."""


class Host(Protocol):
    """The machine that labctl runs on."""

    def read(self, path: str) -> str:
        """A file's text; OSError when it can't be read."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def free(self, path: Path) -> tuple[Path, int]:
        """The nearest folder that exists, and the free bytes of its file system."""

    def is_root(self) -> bool:
        """Whether labctl runs as root."""

    def kernel(self) -> str:
        """The running kernel's release."""

    def resolve(self, name: str) -> str:
        """An address of a host name; OSError when it has none."""

    def status(self, url: str, timeout: float) -> int:
        """The HTTP status that a URL answers with, any; OSError when there is no answer."""


class EngineProbe(Protocol):
    """The Docker Engine, as far as `doctor` asks it."""

    def info(self) -> EngineInfo:
        """Raises PrerequisiteMissing when the engine does not answer."""

    def subnets(self) -> dict[str, tuple[str, ...]]:
        """The subnets of each of the engine's networks, by name."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What is looked through, and the addresses that node images are built from."""

    host: Host
    engine: EngineProbe
    runner: Runner
    sources: tuple[str, ...]


class _Look(Generic[T]):
    """One look in a thread of its own: a probe that hangs must not hold up the others."""

    def __init__(self, look: Callable[[], T], until: float) -> None:
        self._until = until
        self._seen: T | Unknown = Unknown(f"no answer within {DEADLINE:.0f} s")
        self._thread = threading.Thread(target=self._run, args=(look,), daemon=True)
        self._thread.start()

    def _run(self, look: Callable[[], T]) -> None:
        try:
            self._seen = look()
        except LabctlError as err:
            self._seen = Unknown(err.message.rstrip("."))
        except FileNotFoundError as err:
            self._seen = Unknown(f"there is no {err.filename}" if err.filename else str(err))
        except (OSError, ValueError, LookupError, TypeError) as err:
            self._seen = Unknown(str(err) or type(err).__name__)

    def seen(self) -> T | Unknown:
        self._thread.join(max(0.0, self._until - time.monotonic()))
        return self._seen


def gather(ports: Ports) -> Facts:
    """Look at everything; takes DEADLINE seconds at most and raises nothing."""
    until = time.monotonic() + DEADLINE
    host = ports.host
    programs = {name: _Look(_program(ports.runner, name), until) for name in (*PROGRAMS, "labctl")}
    engine = _Look(lambda: _engine(ports.engine), until)
    subnets = _Look(ports.engine.subnets, until)
    routes = _Look(lambda: parse_routes(host.read("/proc/net/route")), until)
    cgroups = _Look(lambda: _cgroups(host), until)
    lacking = _Look(lambda: _lacking(host), until)
    memory = _Look(lambda: parse_memory(host.read("/proc/meminfo")), until)
    disk = _Look(lambda: _disk(host, engine.seen()), until)
    inotify = _Look(lambda: _inotify(host), until)
    overlay = _Look(lambda: _overlay(host), until)
    bridge = _Look(lambda: _bridge(host), until)
    iptables = _Look(lambda: _iptables(host, ports.runner), until)
    forwarding = _Look(lambda: host.read("/proc/sys/net/ipv4/ip_forward").strip() == "1", until)
    hosts = dict.fromkeys(_host_of(url) for url in ports.sources)
    names = {name: _Look(_resolving(host, name), until) for name in hosts}
    registry = _Look(_reaching(host, REGISTRY), until)
    sources = {_host_of(url): _Look(_reaching(host, url), until) for url in ports.sources}
    return Facts(
        engine=engine.seen(),
        subnets=subnets.seen(),
        routes=routes.seen(),
        cgroups=cgroups.seen(),
        lacking=lacking.seen(),
        memory=memory.seen(),
        disk=disk.seen(),
        inotify=inotify.seen(),
        overlay=overlay.seen(),
        bridge=bridge.seen(),
        iptables=iptables.seen(),
        forwarding=forwarding.seen(),
        names=_all(names),
        registry=registry.seen(),
        sources=_all(sources),
        programs={name: look.seen() for name, look in programs.items()},
    )


def _all(looks: Mapping[str, _Look[Reach]]) -> tuple[Reach, ...]:
    seen = {name: look.seen() for name, look in looks.items()}
    return tuple(
        Reach(name, reached=False, says=one.reason) if isinstance(one, Unknown) else one
        for name, one in seen.items()
    )


def _lacking(host: Host) -> tuple[str, ...]:
    last = host.read("/proc/sys/kernel/cap_last_cap")
    return parse_lacking(host.read("/proc/self/status"), last)


def _program(runner: Runner, name: str) -> Callable[[], Program]:
    return lambda: look_at(name, runner, () if name in PROGRAMS else (name, "--version"))


def _engine(engine: EngineProbe) -> EngineInfo | Missing:
    try:
        return engine.info()
    except PrerequisiteMissing as err:
        return Missing(err.message, err.hint)


def _cgroups(host: Host) -> Cgroups:
    path = "/sys/fs/cgroup/cgroup.controllers"
    unified = host.read(path) if host.exists(path) else ""
    return parse_cgroups(host.read("/proc/self/mountinfo"), unified)


def _disk(host: Host, engine: EngineInfo | Missing | Unknown) -> Disk:
    return Disk(*host.free(engine.data_root if isinstance(engine, EngineInfo) else DATA_ROOT))


def _inotify(host: Host) -> Inotify:
    instances, watches = (
        int(host.read(f"/proc/sys/fs/inotify/max_user_{what}")) for what in ("instances", "watches")
    )
    return Inotify(instances, watches)


def _overlay(host: Host) -> Feature:
    there = "overlay" in host.read("/proc/filesystems").split()
    return parse_feature(there, "overlay", _modules(host))


def _bridge(host: Host) -> Feature:
    # Without /proc/sys this is no Linux, and nothing can be said.
    host.read("/proc/sys/kernel/ostype")
    there = host.exists("/proc/sys/net/bridge/bridge-nf-call-iptables")
    return parse_feature(there, "br_netfilter", _modules(host))


def _modules(host: Host) -> str:
    path = f"/lib/modules/{host.kernel()}/modules.dep"
    return host.read(path) if host.exists(path) else ""


def _iptables(host: Host, runner: Runner) -> Iptables:
    # Debian has it in /usr/sbin, which is not on everyone's PATH.
    program = runner.which("iptables") or runner.which("/usr/sbin/iptables")
    if program is None:
        return Iptables(None, None)
    says = runner.run((program, "--version"), timeout=ANSWER).stdout.strip()
    if not host.is_root():
        return Iptables(says, None)
    try:
        runner.run((program, "-w", "1", "-t", "nat", "-n", "-L"), timeout=ANSWER)
    except ToolFailed as err:
        return Iptables(says, lists=False, reason=(err.details or (err.message,))[-1])
    return Iptables(says, lists=True)


def _host_of(url: str) -> str:
    return url.partition("//")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]


def _resolving(host: Host, name: str) -> Callable[[], Reach]:
    def look() -> Reach:
        try:
            return Reach(name, reached=True, says=host.resolve(name))
        except OSError as err:
            return Reach(name, reached=False, says=err.strerror or str(err))

    return look


def _reaching(host: Host, url: str) -> Callable[[], Reach]:
    name = _host_of(url)

    def look() -> Reach:
        try:
            status = host.status(url, ANSWER)
        except OSError as err:
            return Reach(name, reached=False, says=str(err))
        usable = status not in REFUSED and status < 500
        return Reach(name, reached=usable, says=f"HTTP {status}")

    return look
