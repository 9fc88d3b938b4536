from labctl.checks import Mismatch, Missing, NotYet, check

NAME = "docker-watcher"
SOCKET = "/var/run/docker.sock"


def watcher(kube):
    return kube.get("apps/v1", "DaemonSet", NAME, code="watcher-missing")


def host_path(kube):
    """The path on the node that the watcher mounts."""
    for volume in watcher(kube).spec.template.spec.volumes or ():
        if volume.hostPath:
            return volume.hostPath
    raise Missing("socket-not-mounted", expected=SOCKET)


@check
def watcher_exists(kube):
    """The DaemonSet docker-watcher exists"""
    watcher(kube)


@check(needs=watcher_exists)
def socket_mounted(kube):
    """It mounts dockerd's socket, and wants a socket there"""
    found = host_path(kube)
    path = "/var" + found.path if found.path.startswith("/run/") else found.path
    if path != SOCKET:
        raise Mismatch("other-socket", expected=SOCKET, actual=found.path)
    if found.type != "Socket":
        raise Mismatch("no-socket-type", expected="Socket", actual=found.type)


@check(needs=socket_mounted, within=45, stable=3)
def works_on_one_node(kube, nodes):
    """It works on the docker node, and does not start on the containerd node"""
    found = watcher(kube)
    for node in nodes:
        if node.role != "worker":
            continue
        pod = on_node(kube, node)
        if pod is None:
            raise NotYet("watcher-not-there", actual=node.name, about=found)
        statuses = pod.status.containerStatuses or ()
        running = any(one.at("state.running") for one in statuses)
        if node.runtime == "docker":
            if running:
                continue
            if any(ended(one) for one in statuses):
                raise Mismatch("watcher-crashes", actual=pod.name, about=pod)
            raise NotYet("watcher-not-there", actual=node.name, about=pod)
        if running:
            raise Mismatch("works-on-both", actual=node.name, about=pod)


def ended(status):
    """Whether a container has ended, or has to wait until it is started again.

    How often it was started says nothing: after a restart of its node or of dockerd it runs well.
    """
    if status.at("state.waiting.reason") == "CrashLoopBackOff":
        return True
    return status.at("state.terminated") is not None


def on_node(kube, node):
    """The watcher's Pod on a node."""
    for pod in kube.pods(selector={"app": NAME}):
        if pod.spec.nodeName == node.name and not pod.metadata.deletionTimestamp:
            return pod
    return None
