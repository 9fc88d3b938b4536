import json
from collections import Counter

from labctl.checks import Mismatch, Missing, check

QUESTION = "predict?x=7.0,3.2,4.7,1.4"
# The node chooses at random for each connection. By that chance alone, one of ten replicas gets
# fewer than 4 of its 30 once in 700 million counts, one of three once in 10^11 (binomial).
TIMES = 30
LEAST = 4
# The same for what the learner counted: at least 50 requests for each replica, and none with less
# than a fifth of an equal part (once in 10^12).
REQUESTS = 50
PART = 5


@check(needs="service_exists")
def no_affinity(kube):
    """It chooses anew for each connection"""
    service = kube.get("v1", "Service", "iris", code="service-missing")
    if service.spec.sessionAffinity not in (None, "None"):
        raise Mismatch("sticky-clients", expected="None", actual=service.spec.sessionAffinity)


@check(needs=["new_model_answers", no_affinity], within=30, probe=True)
def replicas_share(kube, lab, nodes):
    """Each ready replica answers its part of many requests"""
    ready = lab.value("servers_up")["ready"]
    service = kube.get("v1", "Service", "iris", code="service-missing")
    url = f"http://{service.spec.clusterIP}/{QUESTION}"
    answers = nodes[0].http_get(url, times=TIMES * len(ready))
    counts = Counter(pod for one in answers if (pod := who(one)))
    if counts.total() < len(answers):
        failed = len(answers) - counts.total()
        raise Mismatch("requests-fail", expected=len(answers), actual=failed, about=service)
    short = {name: counts[name] for name in ready if counts[name] < LEAST}
    if short:
        raise Mismatch("part-too-small", expected=TIMES, actual=short, about=service)
    return dict(counts)


def who(answer):
    """The Pod that answered; None where there was no good answer."""
    try:
        return json.loads(answer.body)["pod"] if answer.status == 200 else None
    except (ValueError, KeyError, TypeError):
        return None


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
