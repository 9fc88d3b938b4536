"""What `doctor` knows of the machine, and how it is read from the kernel's files. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

from packaging.version import Version

from labctl.model import EngineInfo

_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+)?")

# linux/capability.h, in the order of its numbers.
_CAPABILITIES: Final = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE"
    " NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO"
    " SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME"
    " SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG"
    " WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Could not be looked at, and why: never the same as good."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Is not there, or may not be used."""

    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class Program:
    """A program on PATH; no path where there is none, no version where it does not say one."""

    path: str | None
    version: Version | None = None
    says: str = ""
    """The first line that it printed."""


@dataclass(frozen=True, slots=True)
class Cgroups:
    """`version` is 1 or 2; `apart` says that v1's cpu and cpuacct are mounted separately."""

    version: int
    controllers: frozenset[str]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes."""

    total: int
    available: int


@dataclass(frozen=True, slots=True)
class Disk:
    """Free bytes where `path` lies."""

    path: Path
    free: int


@dataclass(frozen=True, slots=True)
class Inotify:
    """The kernel's limits for each user."""

    instances: int
    watches: int


class Feature(StrEnum):
    """A part of the kernel."""

    THERE = "there"
    LOADABLE = "loadable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Iptables:
    """`lists` says whether root could list the nat table; None where nobody could try."""

    says: str | None
    lists: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the host."""

    interface: str
    subnet: IPv4Network


@dataclass(frozen=True, slots=True)
class Reach:
    """An address on the network, and what came back."""

    name: str
    reached: bool
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was looked at."""

    engine: EngineInfo | Missing | Unknown
    subnets: Mapping[str, tuple[str, ...]] | Unknown
    routes: tuple[Route, ...] | Unknown
    cgroups: Cgroups | Unknown
    lacking: tuple[str, ...] | Unknown
    """Capabilities that the kernel knows and that can't be had here."""
    memory: Memory | Unknown
    disk: Disk | Unknown
    inotify: Inotify | Unknown
    overlay: Feature | Unknown
    bridge: Feature | Unknown
    iptables: Iptables | Unknown
    forwarding: bool | Unknown
    names: tuple[Reach, ...]
    """Host names and the addresses that they resolved to."""
    registry: Reach | Unknown
    sources: tuple[Reach, ...]
    """Where node images are built from: Debian packages and Go modules."""
    programs: Mapping[str, Program | Unknown]
    """By the names of labctl.ops.doctor_programs."""


def version_in(text: str) -> Version | None:
    """The first thing in a text that looks like a version."""
    match = _VERSION.search(text)
    return Version(match[0]) if match else None


def parse_cgroups(mountinfo: str, unified_controllers: str) -> Cgroups:
    """From /proc/self/mountinfo and /sys/fs/cgroup/cgroup.controllers (empty where there is none).

    Raises:
        ValueError: no cgroup hierarchy is mounted.
    """
    sets: list[set[str]] = []
    unified = False
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.partition(" ")
        if kind == "cgroup":
            sets.append({word for word in re.split(r"[ ,]", options) if word})
        unified = unified or (kind == "cgroup2" and before.split()[4] == "/sys/fs/cgroup")
    if unified:
        return Cgroups(2, frozenset(unified_controllers.split()))
    if not sets:
        raise ValueError("no cgroup hierarchy is mounted")
    together = any({"cpu", "cpuacct"} <= words for words in sets)
    controllers = frozenset().union(*sets)
    return Cgroups(1, controllers, apart={"cpu", "cpuacct"} <= controllers and not together)


def parse_field(text: str, name: str) -> str:
    """The value of a `Name:   value` line; ValueError when there is none."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value.strip()
    raise ValueError(f"there is no line '{name}:'")


def parse_memory(meminfo: str) -> Memory:
    """From /proc/meminfo, whose kB are KiB."""

    def kib(name: str) -> int:
        return int(parse_field(meminfo, name).split()[0]) << 10

    return Memory(kib("MemTotal"), kib("MemAvailable"))


def parse_routes(table: str) -> tuple[Route, ...]:
    """From /proc/net/route, without the default route; its words are little-endian hex."""
    routes = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[place]), "little") for place in (1, 7))
        if mask:
            routes.append(Route(fields[0], IPv4Network((address, mask.bit_count()))))
    return tuple(routes)


def parse_feature(there: bool, module: str, listed: str) -> Feature:
    """`listed` is the kernel's modules.dep, empty where there is none."""
    if there:
        return Feature.THERE
    found = re.search(rf"/{module}\.ko(\.\w+)?:", listed)
    return Feature.LOADABLE if found else Feature.ABSENT


def parse_lacking(status: str, last: str) -> tuple[str, ...]:
    """From /proc/self/status and /proc/sys/kernel/cap_last_cap: what the bounding set lacks."""
    mask = int(parse_field(status, "CapBnd"), 16)
    known = _CAPABILITIES.split()[: int(last) + 1]
    return tuple(f"CAP_{name}" for number, name in enumerate(known) if not mask >> number & 1)
