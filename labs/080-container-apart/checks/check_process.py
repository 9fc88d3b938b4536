import re

from labctl.checks import Mismatch, Missing, NotYet, check

POD = "parts"
CONTAINER = "server"
ANSWERS = "answers.yaml"
KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
UNLIMITED = 1 << 60  # what an unlimited cgroup of version 1 shows is more
LIMIT_FILES = ("/sys/fs/cgroup/memory{}/memory.limit_in_bytes", "/sys/fs/cgroup{}/memory.max")


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


def number_noted(work, key):
    """An answer that is a number; `net:[4026532185]` is one too."""
    text = noted(work, key)
    found = re.fullmatch(r"(?:net:)?\[?(\d+)\]?", text)
    if not found:
        raise Mismatch("answer-no-number", expected=key, actual=text)
    return int(found[1])


def node_of(kube, nodes):
    """The node that the Pod is on."""
    pod = kube.get("v1", "Pod", POD, code="pod-missing")
    found = [node for node in nodes if node.name == pod.spec.nodeName]
    if not found or pod.metadata.deletionTimestamp:
        raise NotYet("pod-not-running", expected=POD, about=pod)
    return found[0], pod


def server(kube, nodes):
    """The node, and the process of the Pod's container on it."""
    node, pod = node_of(kube, nodes)
    for one in node.containers():
        ours = (one.namespace, one.pod, one.name) == (pod.namespace, POD, CONTAINER)
        started = node.started(one.id) if ours and one.state == "running" else None
        if started:
            return node, started
    raise NotYet("pod-not-running", expected=POD, about=pod)


@check(within=120)
def pod_runs(kube, nodes):
    """The Pod parts runs, and its memory is limited"""
    _, started = server(kube, nodes)
    if "net" in started.shared:
        raise Mismatch("pod-shares-network", expected=POD)


@check
def pid_noted(kube, nodes, work):
    """You noted the server's PID on the node"""
    said = number_noted(work, "pid")
    node, started = server(kube, nodes)
    if said == 1:
        raise Mismatch("pid-inside", actual=said)
    process = {one.pid: one for one in node.processes()}
    if said == process[started.pid].ppid:
        raise Mismatch("pid-of-watcher", actual=said)
    if said not in process:
        raise Mismatch("pid-gone", actual=said)
    if said != started.pid:
        raise Mismatch("pid-of-another", actual=said, expected=process[said].name)


@check(probe=True)
def net_noted(kube, nodes, work):
    """You noted the server's network namespace and the node's"""
    said = {key: number_noted(work, key) for key in ("net", "node_net")}
    node, started = server(kube, nodes)
    found = node.run(["readlink", "/proc/1/ns/net"]).out
    truth = {
        "net": int(re.sub(r"\D", "", started.namespaces["net"])),
        "node_net": int(re.sub(r"\D", "", found)),
    }
    if said["net"] == truth["node_net"] and said["node_net"] == truth["net"]:
        raise Mismatch("nets-swapped", actual=list(said.values()))
    for key, value in said.items():
        if value != truth[key]:
            raise Mismatch("net-differs", expected=key, actual=value)


@check
def shared_noted(kube, nodes, work):
    """You noted which namespaces the server shares with the node"""
    value = work.yaml(ANSWERS).get("shared")
    words = value if isinstance(value, list) else re.split(r"[\s,]+", str(value or ""))
    said = {str(word).removesuffix("_for_children") for word in words if word}
    if not said:
        raise Missing("answer-missing", expected="shared")
    unknown = sorted(said - set(KINDS))
    if unknown:
        raise Mismatch("no-such-kind", expected=KINDS, actual=unknown)
    _, started = server(kube, nodes)
    own = sorted(said - set(started.shared))
    if own:
        raise Mismatch("not-shared", actual=own)
    if said != set(started.shared):
        raise Mismatch("shared-incomplete", actual=sorted(said))


@check
def cgroup_noted(kube, nodes, work):
    """You noted the server's cgroup"""
    said = re.sub(r"^/sys/fs/cgroup(/memory)?(?=/)", "", noted(work, "cgroup"))
    _, started = server(kube, nodes)
    if said == started.cgroup:
        return
    if started.cgroup.startswith(said.rstrip("/") + "/"):
        raise Mismatch("cgroup-above", actual=said)
    raise Mismatch("cgroup-differs", actual=said)


@check
def limit_noted(kube, nodes, work):
    """You noted its memory limit in bytes"""
    said = noted(work, "memory_limit")
    node, started = server(kube, nodes)
    files = (node.file(name.format(started.cgroup)) for name in LIMIT_FILES)
    truth = next((text.strip() for text in files if text), "")
    if said == "max" or (said.isdigit() and int(said) > UNLIMITED):
        raise Mismatch("limit-of-the-node", actual=said)
    if not said.isdigit():
        raise Mismatch("limit-not-bytes", actual=said)
    if said != truth:
        raise Mismatch("limit-differs", actual=said)
