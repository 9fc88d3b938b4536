"""The Deployment, and what becomes of it when a process or a node dies."""

import json
from datetime import UTC, datetime, timedelta

from labctl.checks import Mismatch, Missing, NotYet, check

REPLICAS = 3
LONGEST = 30  # seconds that a Pod may stay with a lost node
TIMES = 6
EVENTS_KEPT = timedelta(minutes=55)  # Kubernetes keeps them for an hour
NOTES = "answers.yaml"
# Seconds: the node is missed after 50, and the Pods stay 10 more.
PLAUSIBLE = range(20, 301)


def fleet(kube):
    return kube.get("apps/v1", "Deployment", "fleet", code="deployment-missing")


def noted(work, key):
    value = work.yaml(NOTES).get(key)
    if value in (None, ""):
        raise Missing("note-missing", expected=key)
    return value


def events_of(kube, pod):
    """Also of a Pod that is gone."""
    return [one for one in kube.list("v1", "Event") if one.at("involvedObject.name") == pod]


def old(kube, lab):
    """Whether events of the lab's beginning may have expired."""
    created = kube.get("v1", "Namespace", lab.namespace).metadata.creationTimestamp
    return datetime.now(UTC) - datetime.fromisoformat(created) > EVENTS_KEPT


def of_the_fleet(kube, pod):
    """Whether a Pod's name is one that a ReplicaSet of the fleet gives."""
    sets = kube.list("apps/v1", "ReplicaSet", selector={"app": "fleet"})
    return any(str(pod).startswith(f"{one.name}-") for one in sets)


@check
def fleet_exists(kube):
    """The Deployment fleet exists"""
    return fleet(kube)


@check(needs=fleet_exists)
def fleet_settings(kube):
    """Its settings let it survive: replicas, roll-out, probe, tolerations"""
    spec = fleet(kube).spec
    if spec.replicas < REPLICAS:
        raise Mismatch("replicas-short", expected=REPLICAS, actual=spec.replicas)
    missing = spec.at("strategy.rollingUpdate.maxUnavailable")
    if spec.strategy.type != "RollingUpdate":
        raise Mismatch("all-at-once", expected="RollingUpdate", actual=spec.strategy.type)
    if missing not in (0, "0", "0%"):
        raise Mismatch("may-be-unavailable", expected=0, actual=missing)
    if spec.template.spec.containers[0].readinessProbe is None:
        raise Mismatch("probe-removed")
    for trouble in ("not-ready", "unreachable"):
        seconds = [
            one.tolerationSeconds
            for one in spec.template.spec.tolerations or ()
            if one.key == f"node.kubernetes.io/{trouble}"
        ]
        if not seconds or seconds[0] is None or seconds[0] > LONGEST:
            actual = seconds[0] if seconds else 300
            raise Mismatch("tolerations-long", expected=LONGEST, actual=actual)


@check(needs=fleet_settings, within=60, probe=True)
def fleet_serves(kube, nodes):
    """Three Pods are ready, and the Service fleet answers"""
    deployment = fleet(kube)
    ready = deployment.status.readyReplicas or 0
    if ready < REPLICAS:
        raise NotYet("pods-not-ready", expected=REPLICAS, actual=ready, about=deployment)
    service = kube.get("v1", "Service", "fleet", code="service-missing")
    url = f"http://{service.spec.clusterIP}:{service.spec.ports[0].port}/predict?x=200"
    answered = sum(map(answers, nodes[0].http_get(url, times=TIMES)))
    if answered < TIMES:
        raise NotYet("requests-fail", expected=TIMES, actual=answered, about=service)


def answers(answer):
    try:
        said = json.loads(answer.body) if answer.status == 200 else {}
    except ValueError:
        return False
    return isinstance(said, dict) and "body_mass_g" in said


@check
def restart_noted(kube, lab, work):
    """Your note names the Pod whose container was started again"""
    pod = noted(work, "restarted_pod")
    starts = sum(
        one.at("series.count") or one.raw.get("count") or 1
        for one in events_of(kube, pod)
        if one.reason == "Started"
    )
    if starts > 1:
        return
    found = kube.find("v1", "Pod", str(pod))
    if found and any(one.restartCount for one in found.status.containerStatuses or ()):
        return
    if not (old(kube, lab) and of_the_fleet(kube, pod)):
        raise Mismatch("not-restarted", actual=pod)


@check
def node_was_stopped(kube, lab, engine, nodes):
    """A worker was stopped"""
    since = datetime.fromisoformat(
        kube.get("v1", "Namespace", lab.namespace).metadata.creationTimestamp
    )
    workers = [node.name for node in nodes if node.role != "control-plane"]
    containers = {name: engine.inspect(name) for name in workers}
    stopped = [
        name
        for name, container in containers.items()
        if container and datetime.fromisoformat(container.State.FinishedAt) > since
    ]
    if not stopped:
        raise Missing("no-node-stopped")
    return stopped


@check(needs=node_was_stopped)
def alone_is_gone(kube, lab, engine):
    """The Pod that nobody looks after is gone"""
    pod = kube.find("v1", "Pod", "alone")
    if pod is None:
        return
    node, stopped = pod.spec.nodeName, lab.value(node_was_stopped)
    if node not in stopped:
        raise Mismatch("other-node", expected=node, actual=stopped)
    runs, given_up = engine.inspect(node).State.Running, pod.metadata.deletionTimestamp
    if given_up and runs:
        raise NotYet("alone-ends", actual=node, about=pod)
    if given_up:  # nothing more comes by itself
        raise Mismatch("alone-ends", actual=node, about=pod)
    if runs:
        raise Mismatch("back-too-early", actual=node)
    raise NotYet("not-missed-yet", actual=node, about=pod)


@check(needs=node_was_stopped)
def loss_noted(kube, lab, work):
    """Your notes name a Pod that was lost, and the seconds that it took"""
    pod = noted(work, "lost_pod")
    marked = any(
        one.reason == "TaintManagerEviction" and "Marking for deletion" in str(one.message)
        for one in events_of(kube, pod)
    )
    if not of_the_fleet(kube, pod) or not (marked or old(kube, lab)):
        raise Mismatch("not-lost", actual=pod)
    seconds = noted(work, "seconds")
    if not isinstance(seconds, int | float) or int(seconds) not in PLAUSIBLE:
        raise Mismatch("seconds-implausible", actual=seconds)


@check(needs=alone_is_gone, within=120)
def all_back(kube, nodes):
    """All nodes are Ready again, and three Pods are ready"""
    for node in kube.list("v1", "Node"):
        if not any(one.type == "Ready" and one.status == "True" for one in node.status.conditions):
            raise NotYet("node-away", actual=node.name)
    there = [node.name for node in kube.list("v1", "Node")]
    for node in nodes:
        if node.name not in there:
            raise Mismatch("node-deleted", expected=node.name, actual=there)
    deployment = fleet(kube)
    ready = deployment.status.readyReplicas or 0
    if ready < deployment.spec.replicas:
        wanted = deployment.spec.replicas
        raise NotYet("pods-not-ready", expected=wanted, actual=ready, about=deployment)
