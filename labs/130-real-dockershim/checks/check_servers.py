import json

from labctl.checks import Mismatch, Missing, NotYet, check

IMAGE = "docker.io/library/model-history:v1"
APP = {"app": "model-server"}
REPLICAS = 2
TAINTS = {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
# Each copy is asked so often that one is left out by chance once in a million checks.
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


def by_runtime(nodes, runtime):
    """The node with a runtime."""
    for node in nodes:
        if node.runtime == runtime:
            return node
    raise Missing("no-such-node", expected=runtime, actual=[node.runtime for node in nodes])


def taints(kube, node):
    """What keeps Pods from the node of the control plane."""
    found = kube.get("v1", "Node", node.name).spec.taints or ()
    return {one.key for one in found} & TAINTS


def closed(kube, node):
    """Whether a node was cordoned or drained."""
    return bool(kube.get("v1", "Node", node.name).spec.unschedulable)


@check
def old_node_is_real(nodes):
    """The worker's kubelet is its own adapter to Docker Engine"""
    old = by_runtime(nodes, "dockershim")
    kubelets = [one for one in old.processes() if one.name == "kubelet"]
    if not any("--container-runtime=docker" in one.argv for one in kubelets):
        raise Mismatch("not-the-dockershim", expected="--container-runtime=docker")
    # dockerd's own containerd is dockerd's child.
    adapters = {"cri-dockerd", "crio"} & {one.name for one in old.processes()}
    if adapters:
        raise Mismatch("not-the-dockershim", actual=sorted(adapters))


@check
def nodes_as_they_were(kube, nodes):
    """The worker takes Pods, and the control plane does not"""
    if closed(kube, by_runtime(nodes, "dockershim")):
        raise Mismatch("node-closed", actual=by_runtime(nodes, "dockershim").name)
    if taints(kube, by_runtime(nodes, "containerd")) != TAINTS:
        raise Mismatch("taint-gone", expected=sorted(TAINTS))


@check
def deployment_exists(kube):
    """The Deployment model-server exists, with two replicas"""
    found = deployment(kube)
    if found.spec.replicas != REPLICAS:
        raise Mismatch("replicas-other", expected=REPLICAS, actual=found.spec.replicas)


@check(needs=deployment_exists)
def one_image(kube, nodes):
    """Its image is the one that was loaded into both nodes"""
    image = deployment(kube).spec.template.spec.containers[0].image
    for node in nodes:
        named, loaded = node.image(image), node.image(IMAGE)
        if named is None or loaded is None or named.id != loaded.id:
            raise Mismatch("other-image", expected=IMAGE, actual=image)


@check(needs=deployment_exists)
def budget_lets_one_go(kube):
    """A PodDisruptionBudget lets one copy go at a time"""
    budget = kube.get("policy/v1", "PodDisruptionBudget", "model-server", code="budget-missing")
    if dict(budget.at("spec.selector.matchLabels", None) or {}) != APP:
        raise Mismatch("budget-selector", expected=APP, actual=budget.spec.selector)
    stay, go = budget.spec.minAvailable, budget.spec.maxUnavailable
    if stay in (1, "50%") or go in (1, "50%"):
        return
    if stay in (2, "100%") or go in (0, "0%"):
        raise Mismatch("budget-too-strict", expected=1, actual=stay, about=budget)
    raise Mismatch("budget-other", expected=1, actual=go if stay is None else stay)


@check(needs=one_image, within=60)
def pods_ready(kube, nodes):
    """Both are ready, in the beginning on the dockershim"""
    found, pods = deployment(kube), ready_pods(kube)
    if len(pods) < REPLICAS:
        raise NotYet("pods-not-ready", expected=REPLICAS, actual=len(pods), about=found)
    old = by_runtime(nodes, "dockershim")
    untouched = taints(kube, by_runtime(nodes, "containerd")) and not closed(kube, old)
    elsewhere = [pod.name for pod in pods if pod.spec.nodeName != old.name]
    if untouched and elsewhere:
        raise Mismatch("not-on-dockershim", expected=old.name, actual=elsewhere)


@check(needs=pods_ready, probe=True, within=20)
def service_answers(kube, nodes):
    """The Service leads to both, and they say the same"""
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
def new_node_takes_pods(kube, nodes):
    """The containerd node takes Pods: neither of its two taints is left"""
    new = by_runtime(nodes, "containerd")
    left = taints(kube, new)
    if left == TAINTS:
        raise Mismatch("taints-there", expected=[], actual=sorted(left))
    if left:
        raise Mismatch("taint-left", expected=[], actual=sorted(left))
    if closed(kube, new):
        raise Mismatch("wrong-node-closed", actual=new.name)


@check
def old_node_closed(kube, nodes):
    """The old node takes no new Pods"""
    old = by_runtime(nodes, "dockershim")
    if not closed(kube, old):
        raise Mismatch("not-drained", expected=old.name)


@check(needs=old_node_closed, within=30)
def nothing_left_there(kube, nodes):
    """No model server is left on it"""
    old = by_runtime(nodes, "dockershim")
    left = [pod for pod in kube.pods(selector=APP) if pod.spec.nodeName == old.name]
    stay = [pod.name for pod in left if not pod.metadata.deletionTimestamp]
    if stay:
        raise Mismatch("only-cordoned", expected=0, actual=len(stay))
    if left:
        raise NotYet("pods-ending", expected=0, actual=len(left))


@check(needs=nothing_left_there, within=60)
def all_on_containerd(kube):
    """Both are ready under containerd"""
    found, pods = deployment(kube), ready_pods(kube)
    if len(pods) < REPLICAS:
        raise NotYet("pods-not-ready", expected=REPLICAS, actual=len(pods), about=found)


@check(needs=all_on_containerd, probe=True, within=20)
def still_answers(kube, nodes):
    """The Service answers every time, by both"""
    service = kube.get("v1", "Service", "model-server", code="service-missing")
    ask(service, ready_pods(kube), nodes)
