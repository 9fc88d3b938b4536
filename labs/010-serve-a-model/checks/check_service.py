import json

from labctl.checks import Mismatch, NotYet, check

SERVICE_PORT = 80
SERVER_PORT = 8080
# kube-proxy chooses at random. Asked 20 times for each of 3 replicas, it leaves one out by chance
# once in ten billion checks.
TIMES = 20


@check
def service_exists(kube):
    """The Service model-server exists, with an address of its own"""
    service = kube.get("v1", "Service", "model-server", code="service-missing")
    address = service.spec.clusterIP
    if address in (None, "", "None"):
        raise Mismatch("no-address", actual=service.spec.type)
    return service


@check(needs=[service_exists, "deployment_exists"])
def selector_finds_the_pods(kube, lab):
    """Its selector finds the Deployment's Pods"""
    service = lab.value(service_exists)
    deployment = kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")
    labels = dict(deployment.at("spec.template.metadata.labels", {}))
    selector = dict(service.spec.selector or {})
    if not selector or not selector.items() <= labels.items():
        raise Mismatch("selector-mismatch", expected=labels, actual=selector, about=service)


@check(needs=service_exists)
def port_leads_to_the_server(kube):
    """Its port 80 leads to the server's port 8080"""
    service = kube.get("v1", "Service", "model-server", code="service-missing")
    ports = {port.port: port.targetPort for port in service.spec.ports}
    if SERVICE_PORT not in ports:
        raise Mismatch("wrong-service-port", expected=SERVICE_PORT, actual=sorted(ports))
    target = ports[SERVICE_PORT]
    # A name is accepted where the Deployment gives it to that port.
    deployment = kube.find("apps/v1", "Deployment", "model-server")
    containers = deployment.spec.template.spec.containers if deployment else ()
    names = {p.name for c in containers for p in c.ports or () if p.containerPort == SERVER_PORT}
    if target != SERVER_PORT and target not in names:
        raise Mismatch("wrong-target-port", expected=SERVER_PORT, actual=target)


@check(needs=[selector_finds_the_pods, port_leads_to_the_server], within=30)
def endpoints_ready(kube, lab):
    """It sends traffic to every replica"""
    service = lab.value(service_exists)
    wanted = kube.get("apps/v1", "Deployment", "model-server").spec.replicas
    slices = kube.list(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        selector={"kubernetes.io/service-name": "model-server"},
    )
    pods = {
        endpoint.at("targetRef.name")
        for piece in slices
        for endpoint in piece.endpoints or ()
        if endpoint.at("conditions.ready") is not False
    }
    if not pods:
        raise NotYet("no-endpoints", expected=wanted, actual=0, about=service)
    if len(pods) != wanted:
        raise NotYet("endpoints-short", expected=wanted, actual=len(pods), about=service)
    return sorted(pods)


@check(needs=endpoints_ready, probe=True)
def every_replica_answers(lab, nodes):
    """Asked often enough, every replica answers, and all say the same"""
    service, pods = lab.value(service_exists), lab.value(endpoints_ready)
    url = f"http://{service.spec.clusterIP}:{SERVICE_PORT}/predict?x=200"
    answers = nodes[0].http_get(url, times=TIMES * len(pods))
    said = [saying for saying in map(read, answers) if saying]
    if len(said) < len(answers):
        raise Mismatch("requests-fail", expected=len(answers), actual=len(said), about=service)
    silent = set(pods) - {one["hostname"] for one in said}
    if silent:
        raise Mismatch("replica-silent", expected=pods, actual=sorted(silent), about=service)
    kinds = {(one["model_sha256"], one["body_mass_g"]) for one in said}
    if len(kinds) != 1:
        raise Mismatch("answers-differ", expected=1, actual=len(kinds), about=service)


def read(answer):
    """What the model server says in an answer, or None where it is no such answer."""
    try:
        said = json.loads(answer.body) if answer.status == 200 else {}
    except ValueError:
        return None
    expected = {"hostname", "model_sha256", "body_mass_g"}
    return said if isinstance(said, dict) and said.keys() >= expected else None
