import json

from labctl.checks import Mismatch, Missing, NotYet, check

ANSWERS = "answers.yaml"
POD = "by-hand"
CONTAINER = "scale"
# What the server in the container has written, on a path of the node that no kubelet knows.
DIARY = "/var/lib/by-hand/events.jsonl"


def the_worker(nodes):
    return next(node for node in nodes if node.role == "worker")


def diary(node):
    """The server's own account of every container that was made by hand."""
    events = []
    for line in (node.file(DIARY) or "").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def starts(node):
    """The address of each container's start, in order."""
    return [one.get("address") for one in diary(node) if one.get("event") == "started"]


def started_twice(node):
    """Whether a second container was started in the sandbox of a first one.

    A sandbox has one address for as long as it is there, and the next one gets another.
    """
    addresses = starts(node)
    return len(addresses) > len(set(addresses))


def ready_sandboxes(node):
    found = [one for one in node.sandboxes() if one.name == POD and one.namespace == "nowhere"]
    return [one for one in found if one.state == "ready"], found


def containers(node):
    """Those made by hand; the kubelet's have its labels, and so a Pod."""
    return [one for one in node.containers() if one.name == CONTAINER and not one.pod]


@check
def kubelet_was_stopped(nodes):
    """The worker's kubelet is stopped, until the last step"""
    node = the_worker(nodes)
    state = node.unit("kubelet")
    # Started again at the end, when everything was made.
    if state == "active" and not started_twice(node):
        raise Mismatch("kubelet-runs", expected="inactive", actual=state)


@check
def sandbox_is_ready(nodes, work):
    """The sandbox by-hand is ready, and stays so"""
    node = the_worker(nodes)
    if started_twice(node):
        return
    ready, found = ready_sandboxes(node)
    if len(ready) > 1:
        raise Mismatch("several-sandboxes", expected=1, actual=len(ready))
    if ready:
        return
    parent = cgroup_parent(work)
    if not parent.endswith(".slice"):
        raise Mismatch("no-slice", expected="handmade.slice", actual=parent)
    if found:
        raise Mismatch("sandbox-not-ready", expected="ready", actual=found[0].state)
    raise Missing("sandbox-missing", expected=POD)


def cgroup_parent(work):
    """What the learner's pod.json says, or what is right where there is no such file."""
    if not work.exists("pod.json"):
        return "handmade.slice"
    linux = work.yaml("pod.json").get("linux")
    return str((linux if isinstance(linux, dict) else {}).get("cgroup_parent") or "")


@check(needs=sandbox_is_ready)
def container_was_started(nodes):
    """A container scale was started in it"""
    node = the_worker(nodes)
    if starts(node):
        return
    found = containers(node)
    if not found:
        raise Missing("container-missing", expected=CONTAINER)
    state = found[0].state
    if state == "created":
        raise Mismatch("container-not-started", expected="running", actual=state)
    if state == "running":
        raise NotYet("no-diary", expected=DIARY)
    raise Mismatch("container-exited", expected="running", actual=state)


@check(needs=container_was_started)
def container_was_asked(nodes):
    """It was asked for a prediction, and answered"""
    if not any(one.get("event") == "asked" for one in diary(the_worker(nodes))):
        raise Missing("never-asked", expected="/predict?x=200")


@check(needs=container_was_started)
def pod_ip_noted(nodes, work):
    """You noted the Pod's address"""
    value = work.yaml(ANSWERS).get("pod_ip")
    answer = "" if value is None else str(value).strip()
    if not answer:
        raise Missing("answer-missing", expected="pod_ip")
    if answer not in starts(the_worker(nodes)):
        raise Mismatch("pod-ip-wrong", actual=answer)


@check
def second_container_was_started(nodes):
    """Killed, it stayed dead until you made its second attempt"""
    node = the_worker(nodes)
    running = [one for one in containers(node) if one.state == "running"]
    addresses = starts(node)
    if len(addresses) < 2:
        if running:
            raise Mismatch("not-killed", expected=CONTAINER, actual=running[0].state)
        raise Mismatch("nobody-restarts", expected=2, actual=len(addresses))
    if not started_twice(node):
        raise Mismatch("other-sandbox", expected=1, actual=sorted(set(addresses)))
    if running and running[0].attempt == 0:
        raise Mismatch("attempt-not-counted", expected=1, actual=0)


@check(within=60)
def kubelet_is_back(kube, nodes):
    """The kubelet runs again, and the node is Ready"""
    node = the_worker(nodes)
    state = node.unit("kubelet")
    if state != "active":
        raise Mismatch("kubelet-still-stopped", expected="active", actual=state)
    seen = kube.get("v1", "Node", node.name)
    ready = [one for one in seen.at("status.conditions", []) if one.type == "Ready"]
    given_up = any("unreachable" in one.key for one in seen.at("spec.taints", []))
    if given_up or not ready or ready[0].status != "True":
        raise NotYet("node-not-ready", expected="Ready", actual=node.name)


@check(needs=kubelet_is_back, within=60)
def hand_made_pod_was_ended(nodes):
    """It has ended the Pod that it does not know"""
    ready, _ = ready_sandboxes(the_worker(nodes))
    if ready:
        raise NotYet("hand-made-goes-on", expected=0, actual=len(ready))
