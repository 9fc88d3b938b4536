"""Whether each fault is repaired where it is.

A fault that is still there is told by its symptom alone: to find its cause is the exercise. What
people do instead of repairing it has a code of its own each.
"""

from decimal import Decimal

from labctl.checks import Mismatch, check

IMAGE = "docker.io/library/clinic-server:v1"
UNKNOWN_IMAGE = "docker.io/library/clinic-sever:v1"
UNKNOWN_MODEL = "/models/model.json"
UNKNOWN_ACCOUNT = "model-servers"
LOW_LIMIT = 48 << 20
ROWS = 2_000_001
PROBE = "/healthz"
LEAST_REQUEST = 8 << 20  # bytes; less is no statement about a Python server
UNITS = {
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    "m": Decimal("0.001"),
}


def deployment_of(kube, name):
    deployment = kube.get("apps/v1", "Deployment", name, code="deployment-gone")
    if not deployment.spec.replicas:
        raise Mismatch("no-replicas", expected=1, actual=0)
    return deployment


def server(deployment):
    return deployment.spec.template.spec.containers[0]


def bytes_of(quantity):
    """`512Mi` as a number of bytes."""
    text = str(quantity)
    for unit, factor in UNITS.items():
        if text.endswith(unit):
            return Decimal(text.removesuffix(unit)) * factor
    return Decimal(text)


def unrepaired(kube, deployment, *, code):
    """The fault is as it was: say so, with what was done meanwhile that could not help."""
    if deployment.spec.replicas > 1:
        raise Mismatch("more-replicas", actual=deployment.spec.replicas)
    made = pods_made(kube, deployment)
    if made > 1:
        raise Mismatch("same-template", actual=made)
    raise Mismatch(code, actual=state(kube, deployment))


def pods_made(kube, deployment):
    """How many Pods came of the Deployment's present template, by its ReplicaSet's events."""
    owned = [
        one
        for one in kube.list("apps/v1", "ReplicaSet", selector=deployment.spec.selector.matchLabels)
        if any(owner.uid == deployment.uid for owner in one.metadata.ownerReferences or ())
    ]
    if not owned:
        return 0
    newest = max(owned, key=lambda one: int(revision(one)))
    return sum(event.reason == "SuccessfulCreate" for event in kube.events(newest))


def revision(replica_set):
    return (replica_set.metadata.annotations or {}).get("deployment.kubernetes.io/revision", "0")


def state(kube, deployment):
    """What `kubectl get pods` says of the Deployment's newest Pod."""
    pods = [
        pod
        for pod in kube.pods(selector=deployment.spec.selector.matchLabels)
        if not pod.metadata.deletionTimestamp
    ]
    if not pods:
        return "no Pod"
    pod = max(pods, key=lambda one: one.metadata.creationTimestamp)
    for container in pod.status.containerStatuses or ():
        waiting = container.at("state.waiting.reason")
        ended = container.at("state.terminated.reason")
        if waiting or ended:
            return waiting or ended
        return f"{pod.status.phase}, READY {int(bool(container.ready))}/1"
    return pod.status.phase


@check
def adelie_repaired(kube, nodes):
    """adelie: the fault is repaired where it is"""
    deployment = deployment_of(kube, "adelie")
    container = server(deployment)
    image = container.image
    if image in (UNKNOWN_IMAGE, UNKNOWN_IMAGE.removeprefix("docker.io/library/")):
        if any(node.image(image) for node in nodes):
            raise Mismatch("image-renamed", actual=image)
        unrepaired(kube, deployment, code="pod-waits")
    for node in nodes:
        named, loaded = node.image(image), node.image(IMAGE)
        if named is None:
            raise Mismatch("image-not-on-node", actual=image)
        if loaded is None or named.id != loaded.id:
            raise Mismatch("other-image", actual=image)
    if container.imagePullPolicy == "Always":
        raise Mismatch("pull-always", actual="Always")


@check
def gentoo_repaired(kube):
    """gentoo: the fault is repaired where it is"""
    deployment = deployment_of(kube, "gentoo")
    units = [one for one in server(deployment).env or () if one.name == "UNIT"]
    reference = units[0].at("valueFrom.configMapKeyRef") if units else None
    if reference is None:
        raise Mismatch("config-bypassed", actual=units[0].value if units else None)
    if reference.optional:
        raise Mismatch("config-optional")
    settings = kube.find("v1", "ConfigMap", reference.name)
    if settings is None or reference.key not in (settings.data or {}):
        unrepaired(kube, deployment, code="pod-waits")


@check
def chinstrap_repaired(kube):
    """chinstrap: the fault is repaired where it is"""
    deployment = deployment_of(kube, "chinstrap")
    request = server(deployment).at("resources.requests.memory")
    if request is None:
        raise Mismatch("request-removed")
    wanted = bytes_of(request)
    nodes = kube.list("v1", "Node")
    if wanted > max(bytes_of(node.status.allocatable.memory) for node in nodes):
        unrepaired(kube, deployment, code="pod-pending")
    if wanted < LEAST_REQUEST:
        raise Mismatch("request-too-small", actual=request)


@check
def emperor_repaired(kube):
    """emperor: the fault is repaired where it is"""
    deployment = deployment_of(kube, "emperor")
    container = server(deployment)
    if container.command:
        raise Mismatch("command-replaced", actual=" ".join(container.command))
    mounts = [one.mountPath.rstrip("/") for one in container.volumeMounts or ()]
    if UNKNOWN_MODEL in " ".join(container.args or ()) and not any(
        UNKNOWN_MODEL.startswith(mount) for mount in mounts
    ):
        unrepaired(kube, deployment, code="pod-crashes")


@check
def king_repaired(kube):
    """king: the fault is repaired where it is"""
    deployment = deployment_of(kube, "king")
    container = server(deployment)
    rows = table_rows(container.args or ())
    if rows < ROWS:
        raise Mismatch("table-smaller", expected=ROWS, actual=rows)
    limit = container.at("resources.limits.memory")
    if limit is None:
        raise Mismatch("limit-removed")
    if bytes_of(limit) <= LOW_LIMIT:
        unrepaired(kube, deployment, code="pod-crashes")


def table_rows(args):
    """What follows `--table-rows`, as a number; 0 where there is no such thing."""
    words = " ".join(args).replace("=", " ").split()
    after = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--table-rows"]
    return int(after[0]) if after and after[0].isdecimal() else 0


@check
def macaroni_repaired(kube):
    """macaroni: the fault is repaired where it is"""
    deployment = deployment_of(kube, "macaroni")
    probe = server(deployment).readinessProbe
    if probe is None:
        raise Mismatch("probe-removed")
    if probe.at("httpGet.path") != PROBE:
        raise Mismatch("probe-other", expected=f"httpGet {PROBE}")
    if str(probe.httpGet.port) == "80":
        unrepaired(kube, deployment, code="pod-not-ready")


@check
def rockhopper_repaired(kube):
    """rockhopper: the fault is repaired where it is"""
    deployment = deployment_of(kube, "rockhopper")
    service = kube.get("v1", "Service", "rockhopper", code="service-gone")
    labels = dict(deployment.at("spec.template.metadata.labels", {}))
    selector = dict(service.spec.selector or {})
    if not selector:
        raise Mismatch("selector-removed")
    if selector.items() <= labels.items():
        return
    if kube.pods(selector=selector):
        raise Mismatch("orphan-serves", expected=labels, actual=selector)
    # Not `unrepaired`: the Deployment and all its Pods are sound.
    raise Mismatch("no-endpoints", actual=state(kube, deployment))


@check
def humboldt_repaired(kube):
    """humboldt: the fault is repaired where it is"""
    deployment = deployment_of(kube, "humboldt")
    account = deployment.spec.template.spec.serviceAccountName
    if account in (None, "", "default"):
        raise Mismatch("account-removed", actual="default")
    found = kube.find("v1", "ServiceAccount", account)
    if found and account == UNKNOWN_ACCOUNT:
        raise Mismatch("account-invented", actual=account)
    if found is None:
        unrepaired(kube, deployment, code="no-pods")
