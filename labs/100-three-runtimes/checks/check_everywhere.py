import json

from labctl.checks import Mismatch, Missing, NotYet, check

FIRST = "docker.io/library/penguin:v1"
SECOND = "docker.io/library/penguin:v2"
ANSWERS = "answers.yaml"
APP = {"app": "penguin"}
PORT = 8080
RUNTIMES = ("containerd", "cri-o", "docker")
WATCHED_BY = {
    "containerd": "watched_by_containerd",
    "cri-o": "watched_by_cri_o",
    "docker": "watched_by_docker",
}


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


def qualified(image):
    """An image's name as a node writes it."""
    name = image if "/" in image else f"library/{image}"
    return name if name.startswith("docker.io/") else f"docker.io/{name}"


def digits(image_id):
    """The 64 digits in `sha256:...`, `NAME@sha256:...` or `docker://sha256:...`."""
    return image_id.rpartition("sha256:")[2]


def running(kube):
    """The DaemonSet's Pods that are not on their way out."""
    return [pod for pod in kube.pods(selector=APP) if not pod.metadata.deletionTimestamp]


def ready(pod):
    statuses = pod.at("status.containerStatuses", [])
    return bool(statuses) and all(status.ready for status in statuses)


@check
def daemonset_exists(kube):
    """The DaemonSet penguin exists"""
    return kube.get("apps/v1", "DaemonSet", "penguin", code="daemonset-missing")


@check(needs=daemonset_exists)
def names_the_image(lab):
    """It names your image, and lets a node use the one that it has"""
    daemonset = lab.value(daemonset_exists)
    container = daemonset.spec.template.spec.containers[0]
    if qualified(container.image) not in (FIRST, SECOND):
        raise Mismatch("other-image", expected=FIRST, actual=container.image, about=daemonset)
    if container.imagePullPolicy == "Always":
        raise Mismatch("pull-always", expected="IfNotPresent", actual="Always", about=daemonset)


@check(needs=names_the_image, within=90, stable=2)
def one_on_each_runtime(kube, nodes):
    """A Pod is ready on each of the three runtimes"""
    daemonset = kube.get("apps/v1", "DaemonSet", "penguin", code="daemonset-missing")
    runtime_of = {node.name: node.runtime for node in nodes}
    pods = running(kube)
    wanted = daemonset.at("status.desiredNumberScheduled", 0)
    if daemonset.at("status.observedGeneration", 0) < daemonset.metadata.generation:
        raise NotYet("pods-not-ready", expected=len(RUNTIMES), actual=0, about=daemonset)
    there = {runtime_of.get(pod.spec.nodeName) for pod in pods}
    lacking = [runtime for runtime in RUNTIMES if runtime not in there]
    if lacking and wanted < len(RUNTIMES):
        raise Mismatch("runtime-without-pod", expected=list(RUNTIMES), actual=lacking)
    good = sum(1 for pod in pods if ready(pod))
    if lacking or good < len(pods):
        raise NotYet("pods-not-ready", expected=wanted, actual=good, about=daemonset)


@check(needs=one_on_each_runtime, within=30, probe=True)
def every_copy_answers(kube, nodes):
    """Asked on each node, every copy answers, and all say the same"""
    at = {node.name: node for node in nodes}
    said = {}
    for pod in running(kube):
        url = f"http://{pod.status.podIP}:{PORT}/predict?x=200"
        node = at[pod.spec.nodeName]
        said[node.name] = prediction(node.http_get(url)[0])
    silent = [name for name, one in said.items() if one is None]
    if silent:
        raise NotYet("copy-silent", actual=silent)
    if len(set(said.values())) != 1:
        raise Mismatch("copies-differ", expected=1, actual=len(set(said.values())))


def prediction(answer):
    """Model and body mass of an answer, or None where it is no such answer."""
    try:
        said = json.loads(answer.body) if answer.status == 200 else None
    except ValueError:
        return None
    if not isinstance(said, dict) or not {"body_mass_g", "model_sha256"} <= said.keys():
        return None
    return (said["model_sha256"], said["body_mass_g"])


@check
def image_id_noted(engine, nodes, work):
    """You noted the digest of penguin:v1 that every runtime shows"""
    answer = digits(noted(work, "image_id")).lower()
    truth = engine.config_digest(FIRST)
    if truth is None:
        raise Missing("image-missing", expected="penguin:v1")
    if answer == digits(truth):
        return
    # `expected` stays out of these: finding it is the exercise.
    if digits(truth).startswith(answer.removesuffix("...")):
        raise Mismatch("digest-shortened", expected=64, actual=len(answer))
    if f"sha256:{answer}" in engine.image(FIRST).diff_ids:
        raise Mismatch("digest-of-a-layer", actual=answer[:12])
    found = [image for node in nodes if (image := node.image(FIRST))]
    if any(answer == digits(one) for image in found for one in image.digests):
        raise Mismatch("digest-of-the-manifest", actual=answer[:12])
    raise Mismatch("digest-unknown", actual=answer[:12])


@check
def other_digest_noted(engine, kube, nodes, work):
    """You noted on which runtime a Pod's imageID is another digest"""
    answer = noted(work, "other_digest_on").lower().replace("crio", "cri-o")
    runtime_of = {node.name: node.runtime for node in nodes}
    different = set()
    for pod in running(kube):
        status = pod.at("status.containerStatuses", [])
        truth = engine.config_digest(qualified(pod.spec.containers[0].image))
        if status and truth and digits(status[0].imageID or "") != digits(truth):
            different.add(runtime_of[pod.spec.nodeName])
    if answer not in different:
        raise Mismatch("other-digest-wrong", actual=answer)


@check
def watchers_noted(nodes, lab, work):
    """You noted which program watches the container on each runtime"""
    answers = {runtime: noted(work, key) for runtime, key in WATCHED_BY.items()}
    for node in nodes:
        ours = [one for one in node.containers() if one.namespace == lab.namespace]
        for container in ours:
            if container.state != "running" or not container.pod.startswith("penguin-"):
                continue
            started = node.started(container.id)
            answer = answers[node.runtime].rpartition("/")[2]
            if answer in ("runc", "crun"):
                raise Mismatch("watcher-is-gone", expected=node.runtime, actual=answer)
            if started and answer != started.parent:
                raise Mismatch("watcher-wrong", expected=node.runtime, actual=answer)


@check(needs=["second_image_on_every_node", names_the_image], within=90)
def second_image_runs(kube):
    """Every Pod runs penguin:v2"""
    daemonset = kube.get("apps/v1", "DaemonSet", "penguin", code="daemonset-missing")
    image = daemonset.spec.template.spec.containers[0].image
    if qualified(image) != SECOND:
        raise Mismatch("first-version-runs", expected=SECOND, actual=image, about=daemonset)
    pods = running(kube)
    new = [pod for pod in pods if ready(pod) and qualified(pod.spec.containers[0].image) == SECOND]
    if len(new) < max(len(pods), len(RUNTIMES)):
        raise NotYet("roll-out-goes-on", expected=len(pods), actual=len(new), about=daemonset)
