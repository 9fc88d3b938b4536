from datetime import UTC, datetime

from labctl.checks import Mismatch, NotYet, check

IMAGE = "docker.io/library/model-server:v1"
REPLICAS = 3
PATIENCE = 15  # seconds that a running server may take to become ready; it needs less than one


def server(deployment):
    """The Deployment's only container, or its first."""
    return deployment.spec.template.spec.containers[0]


@check
def deployment_exists(kube):
    """The Deployment model-server exists"""
    return kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")


@check(needs=deployment_exists)
def image_is_on_the_nodes(kube, nodes):
    """Its image is the one that was loaded into the nodes"""
    deployment = kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")
    container = server(deployment)
    for node in nodes:
        wanted = node.image(container.image)
        if wanted is None:
            raise Mismatch(
                "image-not-on-node", expected=IMAGE, actual=container.image, about=deployment
            )
        loaded = node.image(IMAGE)
        if loaded is None or wanted.id != loaded.id:
            raise Mismatch("other-image", expected=IMAGE, actual=container.image)
    if container.imagePullPolicy == "Always":
        raise Mismatch("pull-always", expected="IfNotPresent", actual="Always", about=deployment)


@check(needs=deployment_exists)
def replicas_wanted(kube):
    """It asks for three replicas"""
    deployment = kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")
    if deployment.spec.replicas < REPLICAS:
        raise Mismatch("replicas-short", expected=REPLICAS, actual=deployment.spec.replicas)


@check(needs=[image_is_on_the_nodes, replicas_wanted], within=60, stable=3)
def pods_ready(kube):
    """All its Pods are ready"""
    deployment = kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")
    probe = server(deployment).readinessProbe
    if probe is None:
        raise Mismatch("no-readiness-probe")
    for pod in kube.pods(selector=deployment.spec.selector.matchLabels):
        look_at(pod, probe)
    status, wanted = deployment.status, deployment.spec.replicas
    ready = min(status.readyReplicas or 0, status.updatedReplicas or 0)
    # More Pods than wanted: a roll-out is still replacing old ones.
    if ready < wanted or status.replicas > wanted:
        raise NotYet("pods-not-ready", expected=wanted, actual=ready, about=deployment)


def look_at(pod, probe):
    """Tell a Pod that can't become ready from one that only needs a moment."""
    if pod.metadata.deletionTimestamp:
        return
    for container in pod.status.containerStatuses or ():
        waiting = container.at("state.waiting.reason")
        if waiting == "CrashLoopBackOff" or container.at("state.terminated"):
            raise Mismatch("pods-crash", actual=pod.name, about=pod)
        started = container.at("state.running.startedAt")
        if started and not container.ready:
            age = datetime.now(UTC) - datetime.fromisoformat(started)
            if age.total_seconds() > PATIENCE:
                asks = f"{probe.at('httpGet.path')}, port {probe.at('httpGet.port')}"
                raise Mismatch(
                    "probe-fails", expected="/healthz, port 8080", actual=asks, about=pod
                )
