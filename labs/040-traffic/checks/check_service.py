import json

from labctl.checks import Mismatch, NotYet, check

NEW = "iris-v2"
SERVICE_PORT = 80
SERVER_PORT = 8080
QUESTION = "predict?x=7.0,3.2,4.7,1.4"
REPLICAS = 2
NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}


@check(within=60)
def old_model_serves(kube):
    """The old model is ready"""
    deployment = kube.get("apps/v1", "Deployment", "iris-v1", code="old-model-missing")
    if not deployment.status.readyReplicas:
        raise NotYet("old-model-not-ready", expected=1, actual=0, about=deployment)


@check
def deployment_exists(kube):
    """The Deployment iris-v2 exists"""
    return kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")


@check(needs=deployment_exists, within=90, probe=True)
def servers_up(kube, nodes):
    """All its replicas are up"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    wanted = deployment.spec.replicas
    if wanted < REPLICAS:
        raise Mismatch("replicas-short", expected=REPLICAS, actual=wanted)
    found = kube.pods(selector=deployment.spec.selector.matchLabels)
    pods = [pod for pod in found if not pod.metadata.deletionTimestamp]
    for pod in pods:
        look_at(pod)
    ready = [pod.name for pod in pods if is_ready(pod)]
    # A replica that was taken out on purpose (step 5) is up, too: it says so itself.
    drained = [pod.name for pod in pods if not is_ready(pod) and says(nodes[0], pod) == "drained"]
    up = len(ready) + len(drained)
    status = deployment.status
    settled = status.observedGeneration == deployment.metadata.generation
    if not settled or up < wanted or len(pods) > wanted or status.updatedReplicas != wanted:
        raise NotYet("replicas-not-up", expected=wanted, actual=up, about=deployment)
    return {"ready": ready, "drained": drained}


def look_at(pod):
    """Find a Pod that won't come up by waiting."""
    for container in pod.status.containerStatuses or ():
        waiting = container.at("state.waiting.reason")
        if waiting in NO_IMAGE:
            raise Mismatch("image-not-found", actual=container.image, about=pod)
        if waiting == "CrashLoopBackOff" or container.at("state.terminated"):
            raise Mismatch("pods-crash", actual=pod.name, about=pod)


def is_ready(pod):
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())


def says(node, pod):
    """What the server in the Pod says of itself, asked at the Pod's own address."""
    if not pod.status.podIP:
        return None
    answer = node.http_get(f"http://{pod.status.podIP}:{SERVER_PORT}/ready")[0]
    return read(answer).get("state")


def read(answer):
    """The JSON object in an answer; an empty one where it is something else."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@check
def service_exists(kube):
    """The Service iris exists, with an address of its own"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    if service.spec.clusterIP in (None, "", "None"):
        raise Mismatch("no-address", actual=service.spec.type)
    return service


@check(needs=[service_exists, deployment_exists])
def selector_finds_the_new_model(kube):
    """Its selector finds the Pods of iris-v2"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    labels = dict(deployment.at("spec.template.metadata.labels", {}))
    selector = dict(service.spec.selector or {})
    if not selector or not selector.items() <= labels.items():
        raise Mismatch("selector-mismatch", expected=labels, actual=selector, about=service)


@check(needs=selector_finds_the_new_model)
def selector_finds_nothing_else(kube):
    """Its selector finds no other Pods"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    own = dict(deployment.spec.selector.matchLabels or {})
    for pod in kube.pods(selector=service.spec.selector):
        if not own.items() <= pod.labels.items():
            selector = dict(service.spec.selector)
            raise Mismatch("others-selected", expected=selector, actual=pod.name)


@check(needs=service_exists)
def port_leads_to_the_server(kube):
    """Its port 80 leads to the server's port 8080"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    ports = {port.port: port.targetPort for port in service.spec.ports or ()}
    if SERVICE_PORT not in ports:
        raise Mismatch("wrong-service-port", expected=SERVICE_PORT, actual=sorted(ports))
    target = ports[SERVICE_PORT]
    # A name is accepted where the Deployment gives it to that port.
    deployment = kube.find("apps/v1", "Deployment", NEW)
    containers = deployment.spec.template.spec.containers if deployment else ()
    names = {p.name for c in containers for p in c.ports or () if p.containerPort == SERVER_PORT}
    if target != SERVER_PORT and target not in names:
        raise Mismatch("wrong-target-port", expected=SERVER_PORT, actual=target, about=service)


@check(
    needs=[selector_finds_nothing_else, port_leads_to_the_server, servers_up],
    within=30,
    probe=True,
)
def new_model_answers(kube, nodes):
    """Every answer comes from the new model"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    url = f"http://{service.spec.clusterIP}:{SERVICE_PORT}/{QUESTION}"
    answers = nodes[0].http_get(url)
    if answers[0].status:  # else each of them would take its time to fail
        answers += nodes[0].http_get(url, times=9)
    loading = [one for one in answers if one.status == 503]
    if loading:
        raise NotYet("still-loading", expected=len(answers), actual=len(loading), about=service)
    failed = [one for one in answers if one.status != 200]
    if failed:
        raise Mismatch("requests-fail", expected=len(answers), actual=len(failed), about=service)
    models = {read(one).get("model") for one in answers}
    if models != {"v2"}:
        raise Mismatch("other-model-answers", expected="v2", actual=sorted(map(str, models)))
