"""Whether the fresh scene is what the guide speaks of. No step has these checks."""

from labctl.checks import Missing, NotYet, check


@check(within=60)
def nodes_are_there(kube):
    """Scene: two workers are Ready"""
    nodes = kube.list("v1", "Node")
    ready = [node.name for node in nodes if is_ready(node) and not is_control_plane(node)]
    if len(ready) < 2:
        raise NotYet("nodes-not-ready", expected=2, actual=len(ready), about=nodes)


@check(within=60)
def alone_runs(kube):
    """Scene: the Pod alone runs on a worker, and nobody owns it"""
    pod = kube.get("v1", "Pod", "alone", code="alone-missing")
    if pod.metadata.ownerReferences:
        raise Missing("alone-missing", expected="a Pod without an owner", about=pod)
    if pod.status.phase != "Running":
        raise NotYet("alone-not-running", expected="Running", actual=pod.status.phase, about=pod)


def is_ready(node):
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)


def is_control_plane(node):
    return "node-role.kubernetes.io/control-plane" in node.labels
