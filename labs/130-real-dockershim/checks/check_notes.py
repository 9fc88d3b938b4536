import re

from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/model-history:v1"
NOTES = "notes.yaml"
WARNING = "using dockershim is deprecated"


def text(work, key):
    """What the learner wrote under a key; never empty."""
    value = work.yaml(NOTES, code="notes-missing").get(key)
    said = "" if value is None else str(value).strip().strip("\"'")
    if not said:
        raise Missing("note-empty", expected=key)
    return said


def with_runtime(nodes, runtime):
    """The node with a runtime."""
    for node in nodes:
        if node.runtime == runtime:
            return node
    raise Missing("no-such-node", expected=runtime, actual=[node.runtime for node in nodes])


@check
def versions_noted(kube, nodes, work):
    """Your notes have the old node's kubelet and runtime, as Kubernetes shows them"""
    old, new = (
        kube.get("v1", "Node", with_runtime(nodes, one).name).status.nodeInfo
        for one in ("dockershim", "containerd")
    )
    fields = {"kubelet_version": "kubeletVersion", "runtime_version": "containerRuntimeVersion"}
    for key, field in fields.items():
        said = text(work, key)
        if said == old[field]:
            continue
        if said == new[field]:
            raise Mismatch("other-nodes", expected=key, actual=said)
        raise Mismatch("version-differs", expected=key, actual=said)


@check
def setting_noted(work):
    """Your notes say what the old kubelet's --container-runtime is"""
    said = text(work, "container_runtime").rpartition("=")[2]
    if said == "remote":
        raise Mismatch("other-nodes", expected="container_runtime", actual=said)
    if said != "docker":
        raise Mismatch("setting-differs", actual=said)


@check
def caller_noted(work):
    """Your notes say which program is connected to dockerd"""
    said = text(work, "calls_dockerd").rpartition("/")[2]
    if said in ("cri-dockerd", "dockershim"):
        raise Mismatch("no-such-program", actual=said)
    if said != "kubelet":
        raise Mismatch("caller-differs", actual=said)


@check
def crictl_noted(work):
    """Your notes have the code with which the dockershim refuses crictl"""
    said = text(work, "crictl_code")
    if said == "Unavailable":
        raise Mismatch("nobody-there", actual=said)
    if said != "Unimplemented":
        raise Mismatch("code-differs", actual=said)


@check
def warning_noted(work):
    """Your notes have the kubelet's own advice against the dockershim"""
    said = text(work, "warning")
    if WARNING in said.lower():
        return
    if "flag" in said.lower() or "along with dockershim" in said.lower():
        raise Mismatch("warning-of-a-flag", actual=said)
    raise Mismatch("warning-differs", actual=said)


@check
def image_noted(engine, nodes, work):
    """Your notes have the image's id: one for both nodes and your own Docker"""
    said = text(work, "image_id").removeprefix("sha256:")
    ids = {}
    for node in nodes:
        image = node.image(IMAGE)
        if image is None:
            raise Missing("image-not-loaded", expected=IMAGE, actual=node.name)
        ids[node.runtime] = image.id
    built = engine.config_digest(IMAGE)
    if built is None:
        raise Missing("image-not-in-docker", expected=IMAGE)
    if {*ids.values(), built} != {built}:
        raise Mismatch("images-differ", expected=built, actual=ids)
    if not re.fullmatch(r"[0-9a-f]{64}", said):
        raise Mismatch("image-id-short", expected=64, actual=said)
    if f"sha256:{said}" != built:
        raise Mismatch("image-id-differs", actual=f"sha256:{said}")
