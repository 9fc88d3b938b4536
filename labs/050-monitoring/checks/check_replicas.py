from labctl.checks import Mismatch, Missing, NotYet, check

HEALTH = "/healthz"
PORT = 8080
REPLICAS = 2
SLOWEST = 5  # seconds until a bad replica gets no more traffic
SHORT = 4  # seconds; a longer gap means that more than one replica was broken


def wine(kube):
    return kube.get("apps/v1", "Deployment", "wine", code="deployment-missing")


@check(needs="deployment_exists")
def two_wanted(kube):
    """It asks for two replicas"""
    actual = wine(kube).spec.replicas
    if actual < REPLICAS:
        raise Mismatch("replicas-short", expected=REPLICAS, actual=actual)


@check(needs="deployment_exists")
def readiness_asks_the_model(kube):
    """Its readiness probe asks the same, and believes the first bad answer"""
    container = wine(kube).spec.template.spec.containers[0]
    probe = container.readinessProbe
    if probe is None:
        raise Missing("no-readiness-probe", expected="readinessProbe")
    path, port = probe.at("httpGet.path"), probe.at("httpGet.port")
    if path == "/deep":
        raise Mismatch("readiness-asks-registry", expected=HEALTH, actual=path)
    names = [one.name for one in container.ports or () if one.containerPort == PORT and one.name]
    if path != HEALTH or port not in (PORT, *names):
        actual = f"{path}, port {port}" if path else sorted(probe)
        raise Mismatch("readiness-asks-elsewhere", expected=f"{HEALTH}, port {PORT}", actual=actual)
    slowest = (probe.periodSeconds or 10) * (probe.failureThreshold or 3)
    if slowest > SLOWEST:
        raise Mismatch("readiness-too-slow", expected=SLOWEST, actual=slowest)


@check(needs=[two_wanted, readiness_asks_the_model], within=90)
def both_ready(kube):
    """All its replicas are ready"""
    deployment = wine(kube)
    wanted, status = deployment.spec.replicas, deployment.status
    settled = status.observedGeneration == deployment.metadata.generation
    ready = min(status.readyReplicas or 0, status.updatedReplicas or 0)
    # More of them than wanted: a roll-out is still replacing old ones.
    if not settled or ready < wanted or status.replicas > wanted:
        raise NotYet("replicas-not-ready", expected=wanted, actual=ready, about=deployment)


@check(needs=["diary_is_kept", both_ready])
def quiet_restart_seen(lab):
    """One of them was restarted while the other answered"""
    quiet = lab.value("diary_is_kept")["quiet"]
    if not quiet:
        raise Missing("nothing-broke")
    short = [gap for gaps in quiet for gap in gaps if gap < SHORT]
    if not short:
        raise Mismatch("both-broke", expected=SHORT, actual=quiet[-1][0])
    return short


@check(needs="deployment_exists")
def registry_away(kube):
    """The model registry is away"""
    registry = kube.get("apps/v1", "Deployment", "registry", code="registry-missing")
    if registry.spec.replicas:
        raise Mismatch("registry-there", expected=0, actual=registry.spec.replicas)
    if registry.status.replicas:
        raise NotYet("registry-ends", expected=0, actual=registry.status.replicas)


@check(needs=[registry_away, both_ready], within=20, probe=True)
def model_goes_on(kube, nodes):
    """The model goes on answering all the same"""
    service = kube.get("v1", "Service", "wine", code="service-missing")
    url = f"http://{service.spec.clusterIP}/predict?x=13.2,2.76,4.38"
    answers = nodes[0].http_get(url)
    if answers[0].status == 200:
        answers += nodes[0].http_get(url, times=9)
    failed = [one for one in answers if one.status != 200]
    if failed:
        actual = failed[0].status
        raise Mismatch("model-stopped", expected=200, actual=actual, about=wine(kube))
