import json
from collections import Counter

from labctl.checks import Mismatch, Missing, NotYet, check

NEW = "iris-v2"
SERVER_PORT = 8080
QUESTION = "predict?x=7.0,3.2,4.7,1.4"
# The node chooses at random for each connection. By that chance alone, one of ten replicas gets
# fewer than 4 of its 30 once in 700 million counts, one of three once in 10^11 (binomial). And a
# replica that still got an equal part would be missed by 30 requests for each of the two others
# once in 10^10 checks, (2/3) ** 60.
TIMES = 30
LEAST = 4
# The same for what the learner counted: at least 50 requests for each replica, and none with less
# than a fifth of an equal part (once in 10^12).
REQUESTS = 50
PART = 5
# With 25 connections for each of k replicas, one is left out with a chance of
# k * (1 - 1/k) ** (25 * k): once in 20 billion checks with ten of them, more seldom with fewer.
CONNECTIONS = 25
MOST = 20


def pods(kube):
    """The Pods of the new model, ready ones and others, as they are now."""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    found = kube.pods(selector=deployment.spec.selector.matchLabels)
    there = [pod for pod in found if not pod.metadata.deletionTimestamp]
    ready = [pod for pod in there if is_ready(pod)]
    return ready, [pod for pod in there if not is_ready(pod)]


def is_ready(pod):
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())


def read(body):
    """The JSON object in an answer; an empty one where it is something else."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def count(kube, nodes, replicas):
    """How many requests each Pod answered, of many for each replica over connections of their own."""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    url = f"http://{service.spec.clusterIP}/{QUESTION}"
    answers = nodes[0].http_get(url, times=TIMES * replicas)
    good = [pod for one in answers if one.status == 200 and (pod := read(one.body).get("pod"))]
    if len(good) < len(answers):
        failed = len(answers) - len(good)
        raise Mismatch("requests-fail", expected=len(answers), actual=failed, about=service)
    return Counter(good)


@check(needs="service_exists")
def no_affinity(kube):
    """It chooses anew for each connection"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    if service.spec.sessionAffinity not in (None, "None"):
        raise Mismatch("sticky-clients", expected="None", actual=service.spec.sessionAffinity)


@check(needs=["new_model_answers", no_affinity], within=30, probe=True)
def replicas_share(kube, nodes):
    """Each ready replica answers its part of many requests"""
    ready = [pod.name for pod in pods(kube)[0]]
    counts = count(kube, nodes, max(1, len(ready)))
    short = {name: counts[name] for name in ready if counts[name] < LEAST}
    if short:
        raise Mismatch("part-too-small", expected=TIMES, actual=short)


@check(needs=replicas_share)
def counts_noted(work):
    """What you counted is in answers.yaml"""
    noted = work.yaml("answers.yaml").get("count")
    noted = noted if isinstance(noted, dict) else {}
    requests, counts = noted.get("requests"), noted.get("per_replica")
    counts = counts if isinstance(counts, list) else []
    if not requests or not counts:
        raise Missing("counts-missing", actual=noted)
    if not all(type(number) is int for number in [requests, *counts]):
        raise Mismatch("counts-no-numbers", actual=noted)
    if len(counts) < 2:
        raise Mismatch("counts-of-one", expected=2, actual=len(counts))
    if sum(counts) != requests:
        raise Mismatch("counts-sum", expected=requests, actual=sum(counts))
    if requests < REQUESTS * len(counts):
        raise Mismatch("counts-few", expected=REQUESTS * len(counts), actual=requests)
    if min(counts) < requests / len(counts) / PART:
        raise Mismatch("counts-one-sided", expected=round(requests / len(counts)), actual=counts)


@check(needs="deployment_exists")
def connections_end(kube):
    """The server ends a connection after some answers"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    container = deployment.spec.template.spec.containers[0]
    limits = [one.value for one in container.env or () if one.name == "REQUESTS_PER_CONNECTION"]
    limit = limits[-1] if limits else "0"
    if not str(limit).isdecimal():
        raise Mismatch("limit-no-number", expected=f"1 to {MOST}", actual=limit)
    if int(limit) == 0:
        raise Missing("connections-never-end", expected=f"1 to {MOST}", actual=0)
    if int(limit) > MOST:
        raise Mismatch("limit-too-high", expected=MOST, actual=int(limit))
    return int(limit)


@check(needs=[replicas_share, connections_end], within=30, probe=True)
def kept_connection_is_shared(kube, lab, nodes):
    """A client that keeps its connection hears from every ready replica"""
    ready = [pod.name for pod in pods(kube)[0]]
    service = kube.get("v1", "Service", "iris", code="service-missing")
    requests = CONNECTIONS * len(ready) * lab.value(connections_end)
    # One curl, many URLs: it keeps its connection for as long as the server does.
    urls = f"http://{service.spec.clusterIP}/whoami?n=[1-{requests}]"
    said = nodes[0].run(["curl", "-s", "-m", "5", urls]).out
    answered = {read(line).get("pod") for line in said.splitlines()}
    silent = sorted(set(ready) - answered)
    if silent or not ready:
        raise Mismatch("connection-one-sided", expected=ready, actual=silent)


@check(needs="servers_up", within=20, probe=True)
def one_steps_aside(kube, nodes):
    """One replica is not ready, and others are"""
    ready, others = pods(kube)
    drained = [pod for pod in others if says(nodes[0], pod) == "drained"]
    if not ready:
        raise Mismatch("all-unready", actual=[pod.name for pod in drained])
    if drained:
        return drained[0].name
    for pod in ready:
        restarts = sum(one.restartCount for one in pod.status.containerStatuses or ())
        if restarts:
            raise Mismatch("replica-restarted", expected=0, actual=restarts, about=pod)
    raise Missing("all-ready", actual=len(ready))


def says(node, pod):
    """What the server in the Pod says of itself, asked at the Pod's own address."""
    if not pod.status.podIP:
        return None
    answer = node.http_get(f"http://{pod.status.podIP}:{SERVER_PORT}/ready")[0]
    return read(answer.body).get("state")


@check(needs=one_steps_aside, probe=True)
def it_still_runs(kube, lab, nodes):
    """Its process runs and answers whoever asks it directly"""
    pod = kube.get("v1", "Pod", lab.value(one_steps_aside))
    answer = nodes[0].http_get(f"http://{pod.status.podIP}:{SERVER_PORT}/{QUESTION}")[0]
    if answer.status != 200:
        raise Mismatch("server-gone", expected=200, actual=answer.status, about=pod)


@check(needs=[it_still_runs, replicas_share], within=20, probe=True)
def it_gets_nothing(kube, nodes):
    """The Service sends it nothing"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    if service.spec.publishNotReadyAddresses:
        raise Mismatch("unready-published", expected=False, actual=True)
    ready, others = pods(kube)
    counts = count(kube, nodes, max(2, len(ready)))
    still = {pod.name: counts[pod.name] for pod in others if counts[pod.name]}
    if still:
        # The nodes learn of it a moment later than the API server.
        raise NotYet("still-gets-traffic", expected=0, actual=still, about=service)
