"""Looking at a machine through fakes: odd ones give reasons, never exceptions."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import EngineInfo
from labctl.ops import doctor_gather
from labctl.ops.doctor import examine
from labctl.ops.doctor_facts import Feature, Iptables, Missing, Program, Unknown
from labctl.ops.doctor_finding import Level
from labctl.ops.doctor_gather import Ports, gather
from tests.fakes import FakeEngine

FILES = {
    "/proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
    "/proc/self/status": "Name:\tx\nCapBnd:\t000001ffffffffff\n",
    "/proc/sys/kernel/cap_last_cap": "40\n",
    "/proc/sys/kernel/ostype": "Linux\n",
    "/proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\n",
    "/proc/sys/fs/inotify/max_user_instances": "512\n",
    "/proc/sys/fs/inotify/max_user_watches": "524288\n",
    "/proc/filesystems": "nodev\toverlay\n\text4\n",
    "/proc/sys/net/bridge/bridge-nf-call-iptables": "1\n",
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/proc/net/route": "Iface\tDestination\n",
}


@dataclass
class FakeHost:
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))
    root: bool = True
    statuses: dict[str, int] = field(default_factory=dict)
    hang: threading.Event | None = None

    def read(self, path: str) -> str:
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    def exists(self, path: str) -> bool:
        return path in self.files

    def free(self, path: Path) -> tuple[Path, int]:
        return path, 50 << 30

    def is_root(self) -> bool:
        return self.root

    def kernel(self) -> str:
        return "6.1.0"

    def resolve(self, name: str) -> str:
        return "192.0.2.1"

    def status(self, url: str, timeout: float) -> int:
        if self.hang:
            self.hang.wait(10)
        if url not in self.statuses:
            raise OSError("Network is unreachable")
        return self.statuses[url]


@dataclass(frozen=True)
class Said:
    stdout: str
    stderr: str = ""


@dataclass
class FakeRunner:
    """Programs by their first word, with what they print; an error is raised."""

    programs: dict[str, str | Exception] = field(default_factory=dict)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes | IO[bytes] | Iterable[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
        stdout: IO[bytes] | None = None,
        cwd: str | None = None,
    ) -> Said:
        answer = self.programs.get(" ".join(argv), self.programs.get(argv[0], ""))
        if isinstance(answer, Exception):
            raise answer
        return Said(answer)

    def which(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if program in self.programs else None


class AllEngine(FakeEngine):
    def subnets(self) -> dict[str, tuple[str, ...]]:
        self.info()
        return {"bridge": ("172.17.0.0/16",)}


class NoEngine:
    def info(self) -> EngineInfo:
        raise PrerequisiteMissing("The Docker Engine does not answer.", hint="Run it.")

    def subnets(self) -> dict[str, tuple[str, ...]]:
        raise PrerequisiteMissing("The Docker Engine does not answer.", hint="Run it.")


SOURCES = ("http://deb.debian.org/debian/", "https://proxy.golang.org/")


def ports(
    host: FakeHost | None = None,
    runner: FakeRunner | None = None,
    engine: AllEngine | NoEngine | None = None,
) -> Ports:
    return Ports(host or FakeHost(), engine or AllEngine(), runner or FakeRunner(), SOURCES)


def test_everything_of_a_good_machine_is_seen() -> None:
    urls = (*SOURCES, doctor_gather.REGISTRY)
    host = FakeHost(statuses=dict.fromkeys(urls, 401))
    versions = {
        "docker": "Docker version 28.5.2, build x",
        "docker buildx version": "buildx 0.29.1",
        "kind": "kind v0.33.0 go1.27",
        "kubectl": "Client Version: v1.36.4",
        "mmdebstrap": "mmdebstrap 1.3.5",
        "iptables": "iptables v1.8.9 (nf_tables)",
    }
    facts = gather(ports(host, FakeRunner(dict(versions))))
    not_ok = {one.code for one in examine(facts) if one.level is not Level.OK}
    assert not_ok == {"program.labctl"}


def test_a_machine_without_proc_gives_reasons_and_no_exception() -> None:
    facts = gather(ports(FakeHost(files={}), engine=NoEngine()))
    assert facts.engine == Missing("The Docker Engine does not answer.", "Run it.")
    assert facts.memory == Unknown("there is no /proc/meminfo")
    assert facts.bridge == Unknown("there is no /proc/sys/kernel/ostype")
    assert facts.subnets == Unknown("The Docker Engine does not answer")
    levels = {one.code: one.level for one in examine(facts)}
    assert [code for code, level in levels.items() if level is Level.OK] == [
        "host.disk",
        "network.names",
    ]


@pytest.mark.parametrize("text", ["", "MemTotal:\n", "MemTotal: many kB\n", "\x00\xff"])
def test_files_with_nonsense_in_them_are_unknown(text: str) -> None:
    host = FakeHost(files=dict.fromkeys(FILES, text))
    facts = gather(ports(host))
    assert isinstance(facts.memory, Unknown)
    assert isinstance(facts.inotify, Unknown)
    assert isinstance(facts.lacking, Unknown)


def test_a_probe_that_hangs_is_given_up_and_the_others_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor_gather, "DEADLINE", 0.2)
    release = threading.Event()
    try:
        facts = gather(ports(FakeHost(hang=release)))
    finally:
        release.set()
    assert isinstance(facts.registry, Unknown)
    assert "no answer within" in facts.registry.reason
    assert facts.forwarding is True


def test_a_proxy_that_refuses_is_not_reach() -> None:
    host = FakeHost(statuses={doctor_gather.REGISTRY: 403, SOURCES[0]: 404, SOURCES[1]: 502})
    facts = gather(ports(host))
    assert not isinstance(facts.registry, Unknown)
    assert not facts.registry.reached
    assert [(one.name, one.reached) for one in facts.sources] == [
        ("deb.debian.org", True),
        ("proxy.golang.org", False),
    ]


def test_docker_without_buildx_is_docker_all_the_same() -> None:
    runner = FakeRunner(
        {"docker": "Docker version 28.5.2", "docker buildx version": ToolFailed("no such command")}
    )
    programs = gather(ports(runner=runner)).programs
    docker = programs["docker"]
    assert isinstance(docker, Program)
    assert docker.path == "/usr/bin/docker"
    assert programs["buildx"] == Program(None)


def test_packet_rules_are_tried_by_root_only() -> None:
    denied = ToolFailed("exited with 3", details=("iptables: no such table",))
    runner = FakeRunner({"iptables": denied, "/usr/bin/iptables --version": "iptables v1.8.9"})
    runner.programs["/usr/bin/iptables -w 1 -t nat -n -L"] = denied
    seen = gather(ports(runner=runner)).iptables
    assert seen == Iptables("iptables v1.8.9", lists=False, reason="iptables: no such table")
    user = gather(ports(FakeHost(root=False), runner)).iptables
    assert user == Iptables("iptables v1.8.9", lists=None)


def test_a_module_that_can_be_loaded_is_told_from_one_that_is_not_there() -> None:
    files = {**FILES, "/proc/filesystems": "\text4\n"}
    listed = {**files, "/lib/modules/6.1.0/modules.dep": "kernel/fs/overlayfs/overlay.ko:\n"}
    assert gather(ports(FakeHost(files))).overlay is Feature.ABSENT
    assert gather(ports(FakeHost(listed))).overlay is Feature.LOADABLE
