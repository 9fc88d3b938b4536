import json
import re

from labctl.checks import Mismatch, Missing, NotYet, check

IMAGE = "docker.io/library/model-choice:v1"
NOTES = "notes.yaml"
PROGRAMS = ("runc", "crun")
SERVERS = ("plain", "with-runc", "with-crun")
KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
SHIM = "containerd-shim-runc-v2"


def noted(work, key):
    """What the learner wrote under a key; never empty."""
    value = work.yaml(NOTES, code="notes-missing").get(key)
    if value is None or value in ("", []):
        raise Missing("note-empty", expected=key)
    return value


def text(work, key):
    """The same as text, without what stands around it by accident."""
    return str(noted(work, key)).strip().strip("\"'")


def container(kube, app):
    """The full id of the container of a server that runs."""
    for pod in kube.pods(selector={"app": app}):
        for status in pod.status.containerStatuses or ():
            if status.at("state.running") and not pod.metadata.deletionTimestamp:
                return status.containerID.partition("://")[2]
    raise NotYet("server-gone", actual=app)


def seen(kube, nodes, app):
    """Who started that container, as the node tells."""
    found = nodes[0].started(container(kube, app))
    if found is None:
        raise NotYet("server-gone", actual=app)
    return found


@check
def programs_noted(kube, nodes, work):
    """Your notes say which program started each server"""
    for app in SERVERS:
        said = text(work, f"{app.replace('-', '_')}_started_by").lower()
        if "shim" in said:
            raise Mismatch("program-is-shim", expected=list(PROGRAMS), actual={app: said})
        if said not in PROGRAMS:
            raise Mismatch("program-unknown", expected=list(PROGRAMS), actual={app: said})
        if said != seen(kube, nodes, app).oci_runtime:
            raise Mismatch("program-differs", actual={app: said})


@check
def versions_noted(kube, nodes, work):
    """Your notes have the version of each program"""
    versions = {program: seen(kube, nodes, f"with-{program}").oci_version for program in PROGRAMS}
    for program, other in (PROGRAMS, PROGRAMS[::-1]):
        said = text(work, f"{program}_version")
        if same_version(said, versions[program]):
            continue
        if same_version(said, versions[other]):
            raise Mismatch("versions-swapped", actual={program: said})
        raise Mismatch("version-differs", actual={program: said})


def same_version(said, version):
    """Whether they name one version: Debian's addition may be left out, `crun version` be there."""
    said = said.split()[-1].removeprefix("v") if said else ""
    return said in (version, re.split(r"[+~-]", version)[0])


@check
def watcher_noted(kube, nodes, work):
    """Your notes say which program is the servers' parent now"""
    said = text(work, "watched_by").rpartition("/")[2]
    if said in PROGRAMS:
        raise Mismatch("watcher-is-gone", actual=said)
    if said != seen(kube, nodes, "with-crun").parent:
        raise Mismatch("watcher-differs", actual=said)


@check
def image_noted(kube, nodes, work):
    """Your notes have the image's id, and it is the same for all three servers"""
    said = text(work, "image_id").removeprefix("sha256:")
    image = nodes[0].image(IMAGE)
    if image is None:
        raise Missing("image-not-loaded", expected=IMAGE)
    ids = {
        status.imageID
        for app in SERVERS
        for pod in kube.pods(selector={"app": app})
        for status in pod.status.containerStatuses or ()
        if status.imageID
    }
    if len(ids) > 1:
        raise Mismatch("images-differ", expected=1, actual=sorted(ids))
    if not re.fullmatch(r"[0-9a-f]{64}", said):
        raise Mismatch("image-id-short", expected=64, actual=said)
    if f"sha256:{said}" != image.id:
        raise Mismatch("image-id-differs", actual=f"sha256:{said}")


@check(probe=True, within=20)
def answers_same(kube, nodes):
    """Asked the same, all three servers answer the same"""
    answers = {}
    for app in SERVERS:
        for pod in kube.pods(selector={"app": app}):
            if pod.metadata.deletionTimestamp or not pod.status.podIP:
                continue
            (got,) = nodes[0].http_get(f"http://{pod.status.podIP}:8080/predict?x=200")
            if got.status != 200:
                raise NotYet("no-answer", actual=app, about=pod)
            said = json.loads(got.body)
            answers[app] = (said["body_mass_g"], said["model_sha256"])
    if len(set(answers.values())) != 1:
        raise Mismatch("answers-differ", expected=1, actual=answers)


@check
def namespaces_noted(kube, nodes, work):
    """Your notes list the kinds of namespaces that the servers have of their own"""
    said = noted(work, "own_namespaces")
    if isinstance(said, str):
        said = re.split(r"[\s,]+", said.strip())
    if not isinstance(said, list):
        raise Mismatch("namespaces-no-list", actual=said)
    said = {str(one).strip() for one in said}
    unknown = sorted(said - set(KINDS))
    if unknown:
        raise Mismatch("namespace-unknown", expected=list(KINDS), actual=unknown)
    for app in ("with-runc", "with-crun"):
        process = seen(kube, nodes, app)
        shared = sorted(said & set(process.shared))
        if shared:
            raise Mismatch("namespace-shared", actual=shared)
        if said != set(process.namespaces) - set(process.shared):
            raise Mismatch("namespaces-missing", actual=sorted(said))


@check
def reason_noted(work):
    """Your notes have the reason that the event gives"""
    said = text(work, "event_reason")
    if said in ("ContainerCreating", "Pending", "Waiting"):
        raise Mismatch("reason-is-state", actual=said)
    if said != "FailedCreatePodSandBox":
        raise Mismatch("reason-differs", actual=said)


@check
def handler_noted(work):
    """Your notes name the handler that the node does not have"""
    said = text(work, "missing_handler")
    if said == "sandboxed":
        raise Mismatch("handler-is-class", actual=said)
    if said != "runsc":
        raise Mismatch("handler-differs", actual=said)
