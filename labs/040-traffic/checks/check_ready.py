from labctl.checks import Mismatch, Missing, check

NEW = "iris-v2"
REPLICAS = 3
READY = "/ready"
SERVER_PORT = 8080


@check(needs="deployment_exists")
def three_wanted(kube):
    """It asks for three replicas"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    if deployment.spec.replicas < REPLICAS:
        raise Mismatch("replicas-short", expected=REPLICAS, actual=deployment.spec.replicas)


@check(needs="deployment_exists")
def readiness_asks_ready(kube):
    """Its readiness probe asks whether the model is loaded"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    probe = deployment.spec.template.spec.containers[0].readinessProbe
    if probe is None:
        raise Missing("no-readiness-probe")
    if probe.httpGet is None:
        other = [way for way in ("exec", "tcpSocket", "grpc") if way in probe]
        raise Mismatch("readiness-asks-otherwise", expected="httpGet", actual=other)
    path, port = probe.at("httpGet.path"), probe.at("httpGet.port")
    if path == "/alive":
        raise Mismatch("readiness-asks-alive", expected=READY, actual=path)
    if path != READY or port not in (SERVER_PORT, *port_names(deployment)):
        asked = f"{path}, port {port}"
        raise Mismatch(
            "readiness-asks-elsewhere", expected=f"{READY}, port {SERVER_PORT}", actual=asked
        )


@check(needs="deployment_exists")
def liveness_asks_something_else(kube):
    """Nothing restarts a replica because it is not ready"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    probe = deployment.spec.template.spec.containers[0].livenessProbe
    if probe is not None and probe.at("httpGet.path") == READY:
        raise Mismatch("liveness-asks-ready", expected="/alive", actual=READY)


def port_names(deployment):
    ports = deployment.spec.template.spec.containers[0].ports or ()
    return [port.name for port in ports if port.containerPort == SERVER_PORT and port.name]
