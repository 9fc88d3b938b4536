from datetime import UTC, datetime

from labctl.checks import Mismatch, Missing, check

HEALTH = "/healthz"
PORT = 8080
SLOWEST = 15  # seconds until the third bad answer
LOADING = 4  # seconds in which a server that starts may still be loading
REMEMBERED = 50 * 60  # seconds; the cluster forgets events after an hour


def server(kube):
    deployment = kube.get("apps/v1", "Deployment", "wine", code="deployment-missing")
    return deployment.spec.template.spec.containers[0]


@check(needs="deployment_exists")
def liveness_asks_the_model(kube):
    """Its liveness probe asks whether predictions come out right"""
    container = server(kube)
    probe = container.livenessProbe
    if probe is None and container.readinessProbe:
        raise Missing("only-readiness", expected="livenessProbe", actual="readinessProbe")
    if probe is None:
        raise Missing("no-liveness-probe", expected="livenessProbe")
    if probe.httpGet is None:
        other = [way for way in ("exec", "tcpSocket", "grpc") if way in probe]
        raise Mismatch("liveness-asks-otherwise", expected="httpGet", actual=other)
    path, port = probe.at("httpGet.path"), probe.at("httpGet.port")
    if path == "/ping":
        raise Mismatch("liveness-asks-ping", expected=HEALTH, actual=path)
    if path == "/deep":
        raise Mismatch("liveness-asks-registry", expected=HEALTH, actual=path)
    names = [one.name for one in container.ports or () if one.containerPort == PORT and one.name]
    if path != HEALTH or port not in (PORT, *names):
        actual = f"{path}, port {port}"
        raise Mismatch("liveness-asks-elsewhere", expected=f"{HEALTH}, port {PORT}", actual=actual)


@check(needs=liveness_asks_the_model)
def liveness_is_quick(kube):
    """It notices within 15 seconds, and lets a server load"""
    probe = server(kube).livenessProbe
    period, failures = probe.periodSeconds or 10, probe.failureThreshold or 3
    slowest = period * failures + (probe.timeoutSeconds or 1)
    if slowest > SLOWEST:
        raise Mismatch("liveness-too-slow", expected=SLOWEST, actual=slowest)
    lenient = period * (failures - 1) + (probe.initialDelaySeconds or 0)
    if lenient < LOADING and server(kube).startupProbe is None:
        raise Mismatch("liveness-too-hasty", expected=LOADING, actual=lenient)


@check(needs=[liveness_is_quick, "diary_is_kept"])
def restart_seen(kube, lab):
    """The cluster restarted a server that hung, by its liveness probe"""
    restarts = lab.value("diary_is_kept")["restarts"]
    if not restarts:
        raise Missing("never-restarted")
    proved = [one for one in restarts if by_liveness(kube, one["pod"])]
    if not proved:
        pod = kube.find("v1", "Pod", restarts[-1]["pod"])
        raise Mismatch("restarted-otherwise", actual=restarts[-1]["pod"], about=pod)
    return [one["gap"] for one in proved]


def by_liveness(kube, name):
    """Whether the kubelet restarted that Pod's container because of its probe.

    A Pod that has been replaced since and events of long ago are gone; then the diary is enough.
    """
    pod = kube.find("v1", "Pod", name)
    if pod is None:
        return True
    ended = [
        one.at("lastState.terminated.finishedAt")
        for one in pod.status.containerStatuses or ()
        if one.restartCount and one.at("lastState.terminated.finishedAt")
    ]
    if not ended:
        return False
    age = datetime.now(UTC) - datetime.fromisoformat(max(ended))
    killed = [one.message or "" for one in kube.events(pod) if one.reason == "Killing"]
    return age.total_seconds() > REMEMBERED or any("liveness" in text for text in killed)
