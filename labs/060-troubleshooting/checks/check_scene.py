"""Whether the fresh scene has the faults that the guide speaks of. No step has these checks."""

from labctl.checks import NotYet, check

PATIENCE = 120  # seconds: a registry that can't be reached is given up only after a while


def differs(about, expected, actual):
    raise NotYet("scene-differs", expected=expected, actual=actual, about=about)


def only_pod(kube, name):
    pods = kube.pods(selector=f"app={name}")
    if len(pods) != 1:
        deployment = kube.get("apps/v1", "Deployment", name, code="deployment-gone")
        differs(deployment, "one Pod", f"{len(pods)} Pods")
    return pods[0]


def container_of(pod):
    statuses = pod.status.containerStatuses or ()
    if not statuses:
        differs(pod, "a container with a status", pod.status.phase)
    return statuses[0]


def waits(kube, name, *reasons):
    pod = only_pod(kube, name)
    seen = container_of(pod).at("state.waiting.reason")
    if seen not in reasons:
        differs(pod, list(reasons), seen)


def ended(kube, name, reason):
    """It ends for that reason, again and again."""
    pod = only_pod(kube, name)
    container = container_of(pod)
    seen = container.at("lastState.terminated.reason")
    if seen != reason or not container.restartCount:
        differs(pod, reason, seen)


def said(kube, about, reason, words):
    """Some event of that reason has the words."""
    seen = [one.message for one in kube.events(about) if one.reason == reason]
    if not any(words in str(message) for message in seen):
        differs(about, f"{reason}: {words}", seen[-1:])


@check(within=PATIENCE)
def adelie_is_broken(kube):
    """Scene: the image of adelie can't be had"""
    waits(kube, "adelie", "ErrImagePull", "ImagePullBackOff")


@check(within=PATIENCE)
def gentoo_is_broken(kube):
    """Scene: gentoo lacks a key of a ConfigMap"""
    waits(kube, "gentoo", "CreateContainerConfigError")
    said(kube, only_pod(kube, "gentoo"), "Failed", "couldn't find key units")


@check(within=PATIENCE)
def chinstrap_is_broken(kube):
    """Scene: no node has the memory for chinstrap"""
    pod = only_pod(kube, "chinstrap")
    if pod.status.phase != "Pending" or pod.spec.nodeName:
        differs(pod, "Pending, on no node", pod.status.phase)
    said(kube, pod, "FailedScheduling", "Insufficient memory")


@check(within=PATIENCE)
def emperor_is_broken(kube):
    """Scene: emperor ends, and its log says why"""
    ended(kube, "emperor", "Error")
    pod = only_pod(kube, "emperor")
    # Of ended containers the kubelet may have removed the older one.
    log = kube.logs(pod.name) + kube.logs(pod.name, previous=True)
    if "can't read the model /models/model.json" not in log:
        differs(pod, "a log with the cause", log)


@check(within=PATIENCE)
def king_is_broken(kube):
    """Scene: king is killed for its memory"""
    ended(kube, "king", "OOMKilled")


@check(within=PATIENCE)
def macaroni_is_broken(kube):
    """Scene: macaroni runs and is never ready"""
    pod = only_pod(kube, "macaroni")
    container = container_of(pod)
    if not container.at("state.running") or container.ready:
        differs(pod, "running and not ready", pod.status.phase)
    said(kube, pod, "Unhealthy", "connection refused")


@check(within=PATIENCE)
def rockhopper_is_broken(kube):
    """Scene: rockhopper is ready, and its Service does not find it"""
    pod = only_pod(kube, "rockhopper")
    if not container_of(pod).ready:
        differs(pod, "ready", "not ready")
    slices = kube.list(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        selector={"kubernetes.io/service-name": "rockhopper"},
    )
    found = [one for piece in slices for one in piece.endpoints or ()]
    if found:
        differs(kube.get("v1", "Service", "rockhopper"), "no endpoint", len(found))


@check(within=PATIENCE)
def humboldt_is_broken(kube):
    """Scene: no Pod of humboldt may be made"""
    if kube.pods(selector="app=humboldt"):
        differs(kube.get("apps/v1", "Deployment", "humboldt"), "no Pod", "a Pod")
    sets = kube.list("apps/v1", "ReplicaSet", selector="app=humboldt")
    if not sets:
        differs(kube.get("apps/v1", "Deployment", "humboldt"), "a ReplicaSet", None)
    said(kube, sets[0], "FailedCreate", "not found")
