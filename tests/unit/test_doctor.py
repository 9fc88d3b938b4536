"""Each look, with facts made by hand: what is good, what is not, and what could not be seen."""

from dataclasses import fields, replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from packaging.version import Version

from labctl import __version__
from labctl.model import EngineInfo
from labctl.ops.doctor import LOOKS, can_run, examine
from labctl.ops.doctor_facts import (
    Cgroups,
    Disk,
    Facts,
    Feature,
    Inotify,
    Iptables,
    Memory,
    Missing,
    Program,
    Reach,
    Route,
    Unknown,
)
from labctl.ops.doctor_finding import Finding, Level

GIB = 1 << 30
ENGINE = EngineInfo(
    version="28.5.2+dfsg4",
    api_version="1.51",
    storage_driver="overlay2",
    containerd_store=False,
    cgroup_version="2",
    cpus=2,
    memory=8 * GIB,
    data_root=Path("/var/lib/docker"),
    architecture="amd64",
)
GOOD = Facts(
    engine=ENGINE,
    subnets={"bridge": ("172.17.0.0/16", "fd00::/64"), "none": ()},
    routes=(Route("eth0", IPv4Network("192.168.1.0/24")),),
    cgroups=Cgroups(2, frozenset({"cpu", "cpuset", "io", "memory", "pids"})),
    lacking=(),
    memory=Memory(8 * GIB, 6 * GIB),
    disk=Disk(Path("/var/lib/docker"), 50 * GIB),
    inotify=Inotify(512, 524288),
    overlay=Feature.THERE,
    bridge=Feature.THERE,
    iptables=Iptables("iptables v1.8.9 (nf_tables)", lists=True),
    forwarding=True,
    names=(Reach("deb.debian.org", reached=True, says="192.0.2.1"),),
    registry=Reach("registry-1.docker.io", reached=True, says="HTTP 401"),
    sources=(Reach("deb.debian.org", reached=True, says="HTTP 200"),),
    programs={
        "docker": Program("/usr/bin/docker", Version("28.5.2")),
        "buildx": Program("/usr/bin/docker", Version("0.29.1")),
        "kind": Program("/usr/bin/kind", Version("0.33.0")),
        "kubectl": Program("/usr/bin/kubectl", Version("1.36.4")),
        "mmdebstrap": Program("/usr/bin/mmdebstrap", Version("1.3.5")),
        "labctl": Program("/usr/bin/labctl", says=f"labctl, version {__version__}"),
    },
)


def found(code: str, **changes: object) -> Finding:
    """The finding of one code, on the good machine with some facts changed."""
    facts = replace(GOOD, **changes)  # type: ignore[arg-type]
    return next(one for one in examine(facts) if one.code == code)


def program(name: str, value: Program | Unknown) -> dict[str, object]:
    return {"programs": {**GOOD.programs, name: value}}


def test_a_good_machine_has_nothing_but_ok() -> None:
    findings = examine(GOOD)
    assert {one.level for one in findings} == {Level.OK}
    assert can_run(findings)


@pytest.mark.parametrize(
    ("code", "changes", "level", "seen"),
    [
        ("engine.reach", {"engine": Missing("It does not answer.", "Do.")}, "fail", "answer"),
        ("engine.version", {"engine": replace(ENGINE, version="24.0.9")}, "fail", "25.0"),
        ("engine.version", {"engine": replace(ENGINE, version="25.0.0")}, "ok", "25.0.0"),
        ("engine.version", {"engine": replace(ENGINE, version="dev")}, "warn", "not looked at"),
        ("engine.store", {"engine": replace(ENGINE, storage_driver="vfs")}, "warn", "vfs"),
        ("engine.store", {"engine": replace(ENGINE, containerd_store=True)}, "ok", "containerd"),
        ("program.docker", program("docker", Program(None)), "fail", "not installed"),
        ("program.buildx", program("buildx", Program(None)), "fail", "not installed"),
        ("program.kind", program("kind", Program("/k", Version("0.29.9"))), "fail", "too old"),
        ("program.kind", program("kind", Program("/k", Version("0.30.0"))), "ok", "0.30.0"),
        ("program.kind", program("kind", Program("/k")), "fail", "unknown version"),
        ("program.kubectl", program("kubectl", Program(None)), "fail", "not installed"),
        ("program.kubectl", program("kubectl", Program("/k", Version("1.35.0"))), "ok", "1.35"),
        ("program.kubectl", program("kubectl", Program("/k", Version("1.37.0"))), "ok", "1.37"),
        ("program.kubectl", program("kubectl", Program("/k", Version("1.34.9"))), "warn", "1.36"),
        ("program.kubectl", program("kubectl", Program("/k")), "warn", "not looked at"),
        ("program.mmdebstrap", program("mmdebstrap", Program(None)), "warn", "not installed"),
        ("program.labctl", program("labctl", Program(None)), "warn", "not on PATH"),
        ("program.labctl", program("labctl", Program("/x", says="labctl 9")), "warn", "labctl 9"),
        ("host.cgroups", {"cgroups": Cgroups(2, frozenset({"cpu"}))}, "fail", "memory"),
        ("host.capabilities", {"lacking": ("CAP_SYS_RESOURCE",)}, "warn", "CAP_SYS_RESOURCE"),
        ("host.memory", {"memory": Memory(2 * GIB - 1, GIB)}, "fail", "2.0 GiB"),
        ("host.memory", {"memory": Memory(8 * GIB, 3 * GIB - 1)}, "warn", "3.0 GiB of 8.0"),
        ("host.memory", {"memory": Memory(8 * GIB, 3 * GIB)}, "ok", "3.0"),
        ("host.disk", {"disk": Disk(Path("/d"), 4 * GIB - 1)}, "fail", "/d"),
        ("host.disk", {"disk": Disk(Path("/d"), 4 * GIB)}, "warn", "4.0 GiB"),
        ("host.disk", {"disk": Disk(Path("/d"), 10 * GIB)}, "ok", "10.0 GiB"),
        ("host.inotify", {"inotify": Inotify(511, 65536)}, "warn", "511"),
        ("host.inotify", {"inotify": Inotify(512, 65535)}, "warn", "65535"),
        ("kernel.overlay", {"overlay": Feature.LOADABLE}, "warn", "not loaded"),
        ("kernel.overlay", {"overlay": Feature.ABSENT}, "fail", "no overlay"),
        ("kernel.bridge", {"bridge": Feature.ABSENT}, "warn", "no br_netfilter"),
        ("kernel.iptables", {"iptables": Iptables(None, None)}, "warn", "not installed"),
        ("kernel.iptables", {"iptables": Iptables("v1", None)}, "ok", "in use by the engine"),
        ("kernel.iptables", {"iptables": Iptables("v1", False, "no nat")}, "warn", "no nat"),
        ("kernel.forwarding", {"forwarding": False}, "warn", "off"),
        ("network.names", {"names": (Reach("a", False, "no"),)}, "warn", "nothing: no"),
        ("network.registry", {"registry": Reach("r", False, "no route")}, "warn", "no route"),
        ("network.sources", {"sources": (Reach("s", False, "no"),)}, "warn", "s: no"),
    ],
)
def test_a_machine_with_one_fault(
    code: str, changes: dict[str, object], level: str, seen: str
) -> None:
    finding = found(code, **changes)
    assert (finding.level, seen in finding.seen) == (level, True), finding.seen
    assert bool(finding.help) == (level != "ok")


def test_cgroup_v1_is_told_with_what_it_means_and_passes() -> None:
    v1 = Cgroups(1, frozenset({"cpu", "cpuset", "devices", "memory", "pids"}), apart=True)
    finding = found("host.cgroups", cgroups=v1)
    assert finding.level is Level.WARN
    assert "mounted apart" in finding.seen
    assert "failCgroupV1=false" in finding.why


def test_the_command_for_inotify_raises_only_what_is_low() -> None:
    finding = found("host.inotify", inotify=Inotify(128, 192536))
    assert finding.help == "sudo sysctl fs.inotify.max_user_instances=512"


def test_iptables_that_nobody_could_try_are_not_ok() -> None:
    untried = Iptables("iptables v1.8.9", None)
    broken = Iptables("iptables v1.8.9", lists=False, reason="nat: no such table")
    no_engine = Missing("It does not answer.", "Do.")
    assert found("kernel.iptables", iptables=untried, engine=no_engine).level is Level.WARN
    assert found("kernel.iptables", iptables=broken, engine=no_engine).level is Level.FAIL


@pytest.mark.parametrize(
    ("changes", "level", "seen"),
    [
        ({"subnets": {"labctl": ("10.244.3.0/24",)}}, Level.FAIL, "network 'labctl'"),
        ({"subnets": {"other": ("10.96.0.0/12",)}}, Level.WARN, "network 'other'"),
        ({"routes": (Route("tun0", IPv4Network("10.0.0.0/8")),)}, Level.WARN, "by tun0"),
        ({"routes": (Route("br-1", IPv4Network("10.96.0.0/16")),)}, Level.OK, "free"),
        ({"subnets": Unknown("no engine")}, Level.WARN, "not looked at"),
    ],
)
def test_clashing_subnets(changes: dict[str, object], level: Level, seen: str) -> None:
    finding = found("network.subnets", **changes)
    assert (finding.level, seen in finding.seen) == (level, True), finding.seen


def test_what_was_not_looked_at_is_never_ok() -> None:
    unknown = Unknown("the probe saw nothing")
    changes: dict[str, object] = {field.name: unknown for field in fields(Facts)}
    changes |= {
        "names": (Reach("a", reached=False, says="no answer"),),
        "sources": (Reach("a", reached=False, says="no answer"),),
        "programs": dict.fromkeys(GOOD.programs, unknown),
    }
    findings = examine(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert {one.level for one in findings} == {Level.WARN}
    assert all(one.help for one in findings)


def test_codes_are_unique_and_every_one_is_documented() -> None:
    codes = [look.code for look in LOOKS]
    assert len(set(codes)) == len(codes)
    page = Path(__file__).parents[2].joinpath("docs/doctor.md").read_text()
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert rows == codes
