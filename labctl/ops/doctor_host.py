"""The kernel and the machine's size: what `doctor` thinks of them. Pure."""

from collections.abc import Callable
from typing import Final

from labctl.model import EngineInfo
from labctl.ops.doctor_facts import Facts, Feature, Unknown
from labctl.ops.doctor_finding import Look, Verdict, fail, ok, warn

GIB: Final = 1 << 30
LEAST_MEMORY: Final = 2 * GIB
"""A cluster of one node took 0.5 GiB; kubeadm itself asks for 1.7."""
GOOD_MEMORY: Final = 3 * GIB
SPARE_MEMORY: Final = 6 * GIB
"""With a spare cluster and a lab, two more labs fit."""
LEAST_DISK: Final = 4 * GIB
"""Free bytes where the engine keeps its data; `up` refuses less. A one-node cluster with the first
lab took 1.6 GiB, its node image 0.5."""
GOOD_DISK: Final = 10 * GIB
"""The same with everything that building a node image takes."""
INSTANCES: Final = 512
WATCHES: Final = 65536
NEEDED: Final = frozenset({"cpu", "cpuset", "memory", "pids"})
"""Controllers that the kubelet refuses to start without; v1 has `devices` besides."""


def cgroups(facts: Facts) -> Verdict | Unknown:
    """Version and controllers."""
    seen = facts.cgroups
    if isinstance(seen, Unknown):
        return seen
    wanted = NEEDED | {"devices"} if seen.version == 1 else NEEDED
    if missing := sorted(wanted - seen.controllers):
        return fail(
            f"cgroup v{seen.version} without {', '.join(missing)}",
            "mount | grep cgroup    # the kernel's command line may switch controllers off",
        )
    if seen.version == 2:
        return ok("cgroup v2")
    apart = ", cpu and cpuacct mounted apart" if seen.apart else ""
    return warn(
        f"cgroup v1{apart}",
        "Nothing to do for labctl's own node images; for v2 boot with"
        " systemd.unified_cgroup_hierarchy=1.",
    )


def capabilities(facts: Facts) -> Verdict | Unknown:
    """What even root can't do here."""
    seen = facts.lacking
    if isinstance(seen, Unknown):
        return seen
    if not seen:
        return ok("all")
    return warn(
        f"without {', '.join(seen)}",
        "Nothing to do for labctl's own node images; others need a machine that has them.",
    )


def memory(facts: Facts) -> Verdict | Unknown:
    """Total and available memory."""
    seen = facts.memory
    if isinstance(seen, Unknown):
        return seen
    text = f"{_gib(seen.available)} of {_gib(seen.total)} available"
    if seen.total < LEAST_MEMORY:
        return fail(text, f"Use a machine with {_gib(GOOD_MEMORY)} or more.")
    if seen.available < GOOD_MEMORY:
        return warn(text, "ps aux --sort=-rss | head    # close what you don't need")
    if seen.available >= SPARE_MEMORY:
        text += "; enough for a spare cluster: labctl warm"
    return ok(text)


def disk(facts: Facts) -> Verdict | Unknown:
    """Room where the engine keeps images and volumes."""
    seen = facts.disk
    if isinstance(seen, Unknown):
        return seen
    text = f"{_gib(seen.free)} free at {seen.path}"
    clean = "docker system df    # 'docker builder prune' frees old build steps"
    if seen.free < LEAST_DISK:
        return fail(text, clean)
    return warn(text, clean) if seen.free < GOOD_DISK else ok(text)


def inotify(facts: Facts) -> Verdict | Unknown:
    """Limits that several nodes share."""
    seen = facts.inotify
    if isinstance(seen, Unknown):
        return seen
    text = f"{seen.instances} instances, {seen.watches} watches"
    raises = [
        f"fs.inotify.max_user_{name}={least}"
        for name, value, least in (
            ("instances", seen.instances, INSTANCES),
            ("watches", seen.watches, WATCHES),
        )
        if value < least
    ]
    return warn(text, f"sudo sysctl {' '.join(raises)}") if raises else ok(text)


def overlay(facts: Facts) -> Verdict | Unknown:
    """The file system of all container layers."""
    return _feature(facts.overlay, "overlay", absent=fail)


def bridge(facts: Facts) -> Verdict | Unknown:
    """Bridged packets through iptables."""
    return _feature(facts.bridge, "br_netfilter", absent=warn)


def iptables(facts: Facts) -> Verdict | Unknown:
    """Whether packet rules can be made."""
    seen = facts.iptables
    if isinstance(seen, Unknown):
        return seen
    answers = isinstance(facts.engine, EngineInfo)
    if seen.says is None:
        return warn("iptables is not installed", "labctl setup")
    if seen.lists is False:
        judge = warn if answers else fail
        return judge(f"{seen.says}: {seen.reason}", "sudo modprobe -a nf_tables ip_tables")
    if seen.lists:
        return ok(f"{seen.says}, nat table is there")
    if answers:
        # The engine makes its rules when it starts, and ends when it can't.
        return ok(f"{seen.says}, in use by the engine")
    return Unknown("only root may list packet rules, and no engine runs")


def forwarding(facts: Facts) -> Verdict | Unknown:
    """Packets between interfaces."""
    if isinstance(facts.forwarding, Unknown):
        return facts.forwarding
    if facts.forwarding:
        return ok("on")
    return warn("off; the engine turns it on when it starts", "sudo sysctl net.ipv4.ip_forward=1")


def _feature(
    seen: Feature | Unknown, module: str, *, absent: Callable[[str, str], Verdict]
) -> Verdict | Unknown:
    if isinstance(seen, Unknown):
        return seen
    if seen is Feature.THERE:
        return ok(f"{module} is there")
    load = f"sudo modprobe {module}"
    if seen is Feature.LOADABLE:
        return warn(f"{module} is not loaded", load)
    return absent(f"the kernel has no {module}", load)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


LOOKS: Final = (
    Look(
        "host.cgroups",
        "Nodes limit their Pods with cgroups. Kubernetes 1.35 and newer refuse v1 by default:"
        " labctl sets failCgroupV1=false on every node, so labs run.",
        "mount | grep cgroup",
        cgroups,
    ),
    Look(
        "host.capabilities",
        "A node can't have what the machine lacks. Without CAP_SYS_RESOURCE no process can be"
        " shielded from the out-of-memory killer or get higher limits: labctl's node images"
        " don't ask for it, others fail to start Pods.",
        "grep CapBnd /proc/self/status",
        capabilities,
    ),
    Look(
        "host.memory",
        "A cluster of one node takes about 0.5 GiB before its first Pod, and a lab up to 3 GiB.",
        "free -h",
        memory,
    ),
    Look(
        "host.disk",
        "Images and nodes lie in the engine's folder; a node that runs out evicts its Pods.",
        "df -h /var/lib/docker",
        disk,
    ),
    Look(
        "host.inotify",
        "All nodes share these limits; with several, Pods fail with 'too many open files'.",
        "sysctl fs.inotify",
        inotify,
    ),
    Look(
        "kernel.overlay",
        "The engine and the nodes stack image layers with it.",
        "grep overlay /proc/filesystems",
        overlay,
    ),
    Look(
        "kernel.bridge",
        "Without br_netfilter packets between containers on one bridge bypass the rules.",
        "lsmod | grep br_netfilter",
        bridge,
    ),
    Look(
        "kernel.iptables",
        "The engine publishes ports and the nodes make Services with packet rules.",
        "sudo iptables -t nat -L",
        iptables,
    ),
    Look(
        "kernel.forwarding",
        "Without it nothing in a node reaches the network outside.",
        "sysctl net.ipv4.ip_forward",
        forwarding,
    ),
)
