import re

from labctl.checks import Mismatch, Missing, NotYet, check

IMAGE = "docker.io/library/model-move:v1"
NOTES = "notes.yaml"
KINDS = ("docker", "containerd")
SHIM = "containerd-shim-runc-v2"
SPEAKERS = {"docker": "cri-dockerd", "containerd": "containerd"}
SETTINGS = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/instance-config.yaml")


def text(work, key):
    """What the learner wrote under a key; never empty."""
    value = work.yaml(NOTES, code="notes-missing").get(key)
    said = "" if value is None else str(value).strip().strip("\"'")
    if not said:
        raise Missing("note-empty", expected=key)
    return said


def worker(nodes, kind):
    """The first worker with a runtime."""
    for node in nodes:
        if node.role == "worker" and node.runtime == kind:
            return node
    raise Missing("no-such-node", expected=kind, actual=[node.runtime for node in nodes])


@check
def versions_noted(kube, nodes, work):
    """Your notes have the runtime and version of each worker, as Kubernetes shows them"""
    true = {}
    for kind in KINDS:
        node = kube.get("v1", "Node", worker(nodes, kind).name)
        true[kind] = node.status.nodeInfo.containerRuntimeVersion
    for kind, other in (KINDS, KINDS[::-1]):
        said = text(work, f"{kind}_node_version")
        if said == true[other]:
            raise Mismatch("notes-swapped", expected=f"{kind}_node_version", actual=said)
        if said != true[kind]:
            raise Mismatch("version-differs", expected=f"{kind}_node_version", actual=said)


@check
def sockets_noted(nodes, work):
    """Your notes have the socket that each worker's kubelet uses"""
    true = {kind: endpoint(worker(nodes, kind)) for kind in KINDS}
    for kind, other in (KINDS, KINDS[::-1]):
        said = text(work, f"{kind}_node_socket")
        if plain(said) == "/run/docker.sock":
            raise Mismatch("socket-of-docker", expected=f"{kind}_node_socket", actual=said)
        if plain(said) == true[other]:
            raise Mismatch("notes-swapped", expected=f"{kind}_node_socket", actual=said)
        if plain(said) != true[kind]:
            raise Mismatch("socket-differs", expected=f"{kind}_node_socket", actual=said)


def endpoint(node):
    """The socket in a kubelet's settings."""
    settings = "\n".join(node.file(path) or "" for path in SETTINGS)
    found = re.search(r"^containerRuntimeEndpoint:\s*\"?([^\s\"]+)", settings, re.MULTILINE)
    return plain(found[1]) if found else ""


def plain(socket):
    """`unix:///var/run/x.sock` and `/run/x.sock` are one: /var/run is a link."""
    path = socket.removeprefix("unix://")
    return "/run/" + path.removeprefix("/var").removeprefix("/run/")


@check
def speakers_noted(nodes, work):
    """Your notes say which program speaks CRI on each worker"""
    for kind in KINDS:
        said = text(work, f"{kind}_node_cri").rpartition("/")[2]
        if said == "dockerd":
            raise Mismatch("dockerd-speaks-no-cri", expected=f"{kind}_node_cri", actual=said)
        if kind == "docker" and said == "containerd":
            raise Mismatch("dockers-own-containerd", expected=f"{kind}_node_cri", actual=said)
        if said != SPEAKERS[kind]:
            raise Mismatch("speaker-differs", expected=f"{kind}_node_cri", actual=said)
        if said not in {process.name for process in worker(nodes, kind).processes()}:
            raise NotYet("speaker-gone", expected=said, actual=worker(nodes, kind).name)


@check
def caller_noted(work):
    """Your notes say which program is connected to dockerd"""
    said = text(work, "calls_dockerd").rpartition("/")[2]
    if said == "kubelet":
        raise Mismatch("kubelet-does-not-call", actual=said)
    if said != "cri-dockerd":
        raise Mismatch("caller-differs", actual=said)


@check
def parents_noted(kube, nodes, work):
    """Your notes say which program is the server's parent on each worker"""
    for kind in KINDS:
        said = text(work, f"{kind}_node_parent").rpartition("/")[2]
        if said != parent(kube, worker(nodes, kind)):
            raise Mismatch("parent-differs", expected=f"{kind}_node_parent", actual=said)


def parent(kube, node):
    """The program above a container on a node: a model server's or, after the move, the watcher's."""
    for pod in kube.pods():
        for status in pod.status.containerStatuses or ():
            if pod.spec.nodeName == node.name and status.at("state.running"):
                seen = node.started(status.containerID.partition("://")[2])
                if seen:
                    return seen.parent
    return SHIM  # nothing of this lab is left there that could be asked


@check
def docker_id_noted(kube, nodes, work):
    """Your notes have the id of a server's container, from docker on the docker node"""
    look_at_id(kube, nodes, "docker", text(work, "docker_node_container"))


@check
def containerd_id_noted(kube, nodes, work):
    """Your notes have the id of a server's container, from crictl on the containerd node"""
    look_at_id(kube, nodes, "containerd", text(work, "containerd_node_container"))


def look_at_id(kube, nodes, kind, said):
    """An id is of a server's container, there now or, where nobody serves any more, once."""
    key = f"{kind}_node_container"
    if not re.fullmatch(r"[0-9a-f]{12,64}", said):
        raise Mismatch("id-is-none", expected=key, actual=said)
    node = worker(nodes, kind)
    if any(one.id.startswith(said) for one in node.sandboxes()):
        raise Mismatch("id-of-a-sandbox", expected=key, actual=said)
    other = worker(nodes, KINDS[KINDS[0] == kind])
    if any(one.id.startswith(said) for one in other.containers()):
        raise Mismatch("notes-swapped", expected=key, actual=said)
    there = [one for one in node.containers() if one.namespace == "moving" and one.name == "server"]
    if any(one.id.startswith(said) for one in there):
        return
    if not any(one.state == "running" for one in there) and closed(kube, node):
        return  # they have moved: their containers are gone, and the id can't be looked up
    raise Mismatch("id-unknown", expected=key, actual=said)


def closed(kube, node):
    """Whether a node was cordoned or drained."""
    return bool(kube.get("v1", "Node", node.name).spec.unschedulable)


@check
def reason_noted(work):
    """Your notes have the reason that the event gives"""
    said = text(work, "watcher_reason")
    if said in ("ContainerCreating", "Pending"):
        raise Mismatch("reason-is-state", actual=said)
    if said != "FailedMount":
        raise Mismatch("reason-differs", actual=said)


@check
def image_noted(engine, nodes, work):
    """Your notes have the image's id: one for both nodes and your own Docker"""
    said = text(work, "image_id").removeprefix("sha256:")
    ids = {}
    for kind in KINDS:
        image = worker(nodes, kind).image(IMAGE)
        if image is None:
            raise Missing("image-not-loaded", expected=IMAGE, actual=worker(nodes, kind).name)
        ids[kind] = image.id
    built = engine.config_digest(IMAGE)
    if built is None:
        raise Missing("image-not-in-docker", expected=IMAGE)
    if {*ids.values(), built} != {built}:
        raise Mismatch("images-differ", expected=built, actual=ids)
    if not re.fullmatch(r"[0-9a-f]{64}", said):
        raise Mismatch("image-id-short", expected=64, actual=said)
    if f"sha256:{said}" != built:
        raise Mismatch("image-id-differs", actual=f"sha256:{said}")
