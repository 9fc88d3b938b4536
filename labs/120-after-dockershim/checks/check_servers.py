import json

from labctl.checks import Mismatch, NotYet, check

IMAGE = "docker.io/library/model-move:v1"
APP = {"app": "model-server"}
REPLICAS = 4
# Each copy is asked so often that one is left out by chance once in many million checks.
TIMES = 20


def deployment(kube):
    return kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")


def ready_pods(kube):
    """The Pods that serve: ready and not about to end."""
    return [
        pod
        for pod in kube.pods(selector=APP)
        if not pod.metadata.deletionTimestamp
        and any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())
    ]


def where(pods, nodes):
    """The runtimes on whose nodes Pods are."""
    runtimes = {node.name: node.runtime for node in nodes}
    return {runtimes.get(pod.spec.nodeName) for pod in pods}


@check
def nodes_are_open(kube):
    """Every node takes Pods"""
    closed = [node.name for node in kube.list("v1", "Node") if node.spec.unschedulable]
    if closed:
        raise Mismatch("node-closed", actual=closed)


@check
def deployment_exists(kube):
    """The Deployment model-server exists"""
    return deployment(kube)


@check(needs=deployment_exists)
def four_replicas(kube):
    """It asks for four replicas"""
    found = deployment(kube)
    if found.spec.replicas != REPLICAS:
        raise Mismatch("replicas-other", expected=REPLICAS, actual=found.spec.replicas)


@check(needs=deployment_exists)
def one_image(kube, nodes):
    """Its image is the one that was loaded into every node"""
    image = deployment(kube).spec.template.spec.containers[0].image
    for node in nodes:
        named, loaded = node.image(image), node.image(IMAGE)
        if named is None or loaded is None or named.id != loaded.id:
            raise Mismatch("other-image", expected=IMAGE, actual=image)


@check(needs=[four_replicas, one_image], within=60)
def on_both_nodes(kube, nodes):
    """All are ready; in the beginning on both kinds of node"""
    found, pods = deployment(kube), ready_pods(kube)
    if len(pods) < REPLICAS:
        raise NotYet("pods-not-ready", expected=REPLICAS, actual=len(pods), about=found)
    closed = {node.name for node in kube.list("v1", "Node") if node.spec.unschedulable}
    wanted = {node.runtime for node in nodes if node.role == "worker" and node.name not in closed}
    lacking = wanted - where(pods, nodes)
    if lacking:
        raise Mismatch("one-kind-only", expected=sorted(wanted), actual=sorted(lacking))


@check(needs=on_both_nodes, probe=True, within=20)
def service_answers(kube, nodes):
    """The Service leads to all of them, and they say the same"""
    service = kube.get("v1", "Service", "model-server", code="service-missing")
    answers = ask(service, ready_pods(kube), nodes)
    said = {(one["body_mass_g"], one["model_sha256"]) for one in answers}
    if len(said) != 1:
        raise Mismatch("answers-differ", expected=1, actual=len(said))


def ask(service, pods, nodes):
    """The answers to many questions, if every Pod has given some."""
    address = service.spec.clusterIP
    got = nodes[0].http_get(f"http://{address}/predict?x=200", times=TIMES * len(pods))
    good = [json.loads(one.body) for one in got if one.status == 200]
    if len(good) < len(got):
        raise NotYet("requests-fail", expected=len(got), actual=len(good), about=service)
    silent = {pod.name for pod in pods} - {one["hostname"] for one in good}
    if silent:
        raise NotYet("replica-silent", actual=sorted(silent), about=service)
    return good


@check
def docker_node_closed(kube, nodes):
    """The docker node takes no new Pods, and the containerd node does"""
    closed = {node.name for node in kube.list("v1", "Node") if node.spec.unschedulable}
    for node in nodes:
        if node.runtime == "containerd" and node.name in closed:
            raise Mismatch("wrong-node-closed", expected="docker", actual=node.name)
    for node in nodes:
        if node.runtime == "docker" and node.name not in closed:
            raise Mismatch("not-drained", expected=node.name)


@check(needs=docker_node_closed, within=30)
def nothing_left_there(kube, nodes):
    """No model server is left on it"""
    docker = {node.name for node in nodes if node.runtime == "docker"}
    left = [pod.name for pod in kube.pods(selector=APP) if pod.spec.nodeName in docker]
    if left:
        # Those that end now need some seconds; those that nobody told to end stay.
        if all(
            pod.metadata.deletionTimestamp for pod in kube.pods(selector=APP) if pod.name in left
        ):
            raise NotYet("pods-ending", expected=0, actual=len(left))
        raise Mismatch("only-cordoned", expected=0, actual=len(left))


@check(needs=nothing_left_there, within=60)
def all_on_containerd(kube, nodes):
    """All four are ready under containerd"""
    found, pods = deployment(kube), ready_pods(kube)
    if found.spec.replicas != REPLICAS:
        raise Mismatch("replicas-other", expected=REPLICAS, actual=found.spec.replicas)
    if len(pods) < REPLICAS:
        raise NotYet("pods-not-ready", expected=REPLICAS, actual=len(pods), about=found)
    if where(pods, nodes) != {"containerd"}:
        raise Mismatch("only-cordoned", expected=0, actual=len(pods))


@check(needs=all_on_containerd, probe=True, within=20)
def still_answers(kube, nodes):
    """The Service answers every time, by every one of them"""
    service = kube.get("v1", "Service", "model-server", code="service-missing")
    ask(service, ready_pods(kube), nodes)
