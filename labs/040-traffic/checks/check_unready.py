import json
from collections import Counter

from labctl.checks import Mismatch, Missing, NotYet, check

NEW = "iris-v2"
SERVER_PORT = 8080
QUESTION = "predict?x=7.0,3.2,4.7,1.4"
# A replica that still got an equal part would be missed by 30 requests for each of the two others
# once in 10^10 checks, (2/3) ** 60, and more seldom with more replicas.
TIMES = 30


@check(needs="servers_up", within=15)
def one_steps_aside(kube, lab):
    """One replica is not ready, and others are"""
    state = lab.value("servers_up")
    if not state["ready"]:
        raise Mismatch("all-unready", actual=state["drained"])
    if not state["drained"]:
        deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
        for pod in kube.pods(selector=deployment.spec.selector.matchLabels):
            restarts = sum(one.restartCount for one in pod.status.containerStatuses or ())
            if restarts:
                raise Mismatch("replica-restarted", expected=0, actual=restarts, about=pod)
        raise Missing("all-ready", actual=len(state["ready"]))
    return state["drained"][0]


@check(needs=one_steps_aside, probe=True)
def it_still_runs(kube, lab, nodes):
    """Its process runs, was not restarted, and answers whoever asks it directly"""
    pod = kube.get("v1", "Pod", lab.value(one_steps_aside))
    restarts = sum(one.restartCount for one in pod.status.containerStatuses or ())
    if restarts:
        raise Mismatch("replica-restarted", expected=0, actual=restarts, about=pod)
    answer = nodes[0].http_get(f"http://{pod.status.podIP}:{SERVER_PORT}/{QUESTION}")[0]
    if answer.status != 200:
        raise Mismatch("server-gone", expected=200, actual=answer.status, about=pod)


@check(needs=[it_still_runs, "replicas_share"], within=20, probe=True)
def it_gets_nothing(kube, lab, nodes):
    """The Service sends it nothing"""
    state = lab.value("servers_up")
    service = kube.get("v1", "Service", "iris", code="service-missing")
    if service.spec.publishNotReadyAddresses:
        raise Mismatch("unready-published", expected=False, actual=True)
    url = f"http://{service.spec.clusterIP}/{QUESTION}"
    answers = nodes[0].http_get(url, times=TIMES * max(2, len(state["ready"])))
    counts = Counter(pod for one in answers if (pod := who(one)))
    if counts.total() < len(answers):
        failed = len(answers) - counts.total()
        raise Mismatch("requests-fail", expected=len(answers), actual=failed, about=service)
    still = {name: counts[name] for name in state["drained"] if counts[name]}
    if still:
        # The nodes learn of it a moment later than the API server.
        raise NotYet("still-gets-traffic", expected=0, actual=still, about=service)


def who(answer):
    """The Pod that answered; None where there was no good answer."""
    try:
        return json.loads(answer.body)["pod"] if answer.status == 200 else None
    except (ValueError, KeyError, TypeError):
        return None
