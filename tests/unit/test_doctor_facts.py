"""The kernel's files, as real machines have them."""

from ipaddress import IPv4Network

import pytest
from packaging.version import Version

from labctl.ops.doctor_facts import (
    Cgroups,
    Feature,
    Memory,
    Route,
    parse_cgroups,
    parse_feature,
    parse_lacking,
    parse_memory,
    parse_routes,
    version_in,
)

V1_APART = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
V1_TOGETHER = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_cgroup_v1_with_an_empty_v2_beside_it_is_v1() -> None:
    seen = parse_cgroups(V1_APART, "")
    assert (seen.version, seen.apart) == (1, True)
    assert {"cpu", "cpuacct", "memory"} <= seen.controllers
    assert not parse_cgroups(V1_TOGETHER, "").apart


def test_cgroup_v2_has_its_controllers_in_a_file() -> None:
    seen = parse_cgroups(V2, "cpuset cpu io memory pids\n")
    assert seen == Cgroups(2, frozenset({"cpuset", "cpu", "io", "memory", "pids"}))


def test_no_cgroups_at_all_is_an_error_to_tell() -> None:
    with pytest.raises(ValueError, match="no cgroup hierarchy"):
        parse_cgroups("31 23 0:28 / / rw - ext4 /dev/vda rw\n", "")


def test_capabilities_that_the_kernel_does_not_know_are_not_lacking() -> None:
    assert parse_lacking("CapBnd:\t000001fffeffffff\n", "40\n") == ("CAP_SYS_RESOURCE",)
    assert parse_lacking("CapBnd:\t0000003fffffffff\n", "37\n") == ()
    assert "CAP_BPF" in parse_lacking("CapBnd:\t0000003fffffffff\n", "40\n")


def test_memory_is_in_bytes() -> None:
    assert parse_memory("MemTotal: 2048 kB\nMemFree: 1 kB\nMemAvailable: 1024 kB\n") == Memory(
        2 << 20, 1 << 20
    )
    with pytest.raises(ValueError, match="MemAvailable"):
        parse_memory("MemTotal: 2048 kB\n")


def test_routes_are_read_from_little_endian_hex_without_the_default() -> None:
    table = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
    assert parse_routes(table) == (Route("tun0", IPv4Network("10.244.0.0/16")),)


def test_a_module_is_there_loadable_or_absent() -> None:
    listed = "kernel/fs/overlayfs/overlay.ko.xz:\nkernel/net/bridge/br_netfilter.ko: kernel/x.ko\n"
    assert parse_feature(True, "overlay", "") is Feature.THERE
    assert parse_feature(False, "overlay", listed) is Feature.LOADABLE
    assert parse_feature(False, "br_netfilter", listed) is Feature.LOADABLE
    assert parse_feature(False, "bridge", listed) is Feature.ABSENT


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Docker version 28.5.2+dfsg4, build abc", "28.5.2"),
        ("github.com/docker/buildx 0.29.1+ds1 0.29.1", "0.29.1"),
        ("kind v0.33.0 go1.27.2 linux/amd64", "0.33.0"),
        ("Client Version: v1.32.4-dispatcher", "1.32.4"),
        ("no version here", None),
    ],
)
def test_versions_as_the_programs_print_them(text: str, version: str | None) -> None:
    assert version_in(text) == (Version(version) if version else None)
