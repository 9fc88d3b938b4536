import re
from datetime import datetime

from labctl.checks import Mismatch, Missing, NotYet, check

QUESTION = "predict?x=13.2,2.76,4.38"
LONG = 15  # seconds; longer than the restart in step 2 takes
# Seconds before a restart in which a gap may belong to it. The shorter time leaves out what a
# roll-out cost just before; both answers are right.
BEFORE = (15, 40)
HANGS = 4  # seconds; the node waits for an answer for five
LINES = 5000  # one line for each change of the answer
LINE = re.compile(
    r"(?P<day>\S+) (?P<time>\S+)  ok    (?P<pod>\S+)(?P<restarted> \(restarted\))?"
    r"(?:  gap (?P<gap>[\d.]+) s)?$"
)


@check(within=60)
def registry_answers(kube):
    """The model registry is ready"""
    deployment = kube.get("apps/v1", "Deployment", "registry", code="registry-missing")
    if not deployment.status.readyReplicas:
        raise NotYet("registry-not-ready", expected=1, actual=0, about=deployment)


@check(within=60)
def prober_runs(kube):
    """The prober runs"""
    deployment = kube.get("apps/v1", "Deployment", "prober", code="prober-missing")
    if not deployment.status.readyReplicas:
        raise NotYet("prober-not-ready", expected=1, actual=0, about=deployment)


@check
def deployment_exists(kube):
    """The Deployment wine exists"""
    return kube.get("apps/v1", "Deployment", "wine", code="deployment-missing")


@check(needs=deployment_exists, within=60, probe=True)
def model_answers(kube, nodes):
    """The Service wine answers with a prediction"""
    service = kube.get("v1", "Service", "wine", code="service-missing")
    answer = nodes[0].http_get(f"http://{service.spec.clusterIP}/{QUESTION}")[0]
    if answer.status == 0 and answer.seconds > HANGS:
        raise Mismatch("server-hangs", expected=200, actual=0)
    if answer.status == 0:  # nobody to connect to
        deployment = kube.get("apps/v1", "Deployment", "wine", code="deployment-missing")
        raise NotYet("nobody-answers", expected=200, actual=0, about=deployment)
    if answer.status == 503:
        raise NotYet("model-loads", expected=200, actual=503)
    if answer.status != 200:
        raise Mismatch("server-errors", expected=200, actual=answer.status, about=service)


@check(needs=deployment_exists)
def diary_is_kept(kube):
    """The prober keeps its diary"""
    pods = [pod for pod in kube.pods(selector="app=prober") if not pod.metadata.deletionTimestamp]
    text = kube.logs(pods[0].name, tail=LINES) if pods else ""
    if not text.strip():
        raise Missing("diary-missing")
    return understand([found for line in text.splitlines() if (found := LINE.match(line))])


def understand(lines):
    """What happened: gaps that a new Pod ended, restarts with their gap, and restarts without one.

    For the last kind another replica answered meanwhile, and the longest gaps shortly before count.
    """
    by_hand, restarts, quiet = [], [], []
    seen, gaps = set(), []
    for line in lines:
        pod, gap = line["pod"], float(line["gap"] or 0)
        gaps.append((seconds(line), gap))
        if line["restarted"] and gap:
            restarts.append({"pod": pod, "gap": gap})
        elif line["restarted"]:
            now = seconds(line)
            quiet.append([max(gap for when, gap in gaps if now - when <= s) for s in BEFORE])
        elif gap and pod not in seen:
            by_hand.append(gap)
        seen.add(pod)
    return {"by_hand": by_hand, "restarts": restarts, "quiet": quiet}


def seconds(line):
    return datetime.fromisoformat(f"{line['day']} {line['time']}").timestamp()


@check(needs=diary_is_kept)
def outage_seen(lab):
    """The prober saw an outage of 15 seconds or more, and its end by a new Pod"""
    gaps = lab.value(diary_is_kept)["by_hand"]
    if max(gaps, default=0) < LONG:
        raise Missing("outage-too-short", expected=LONG, actual=max(gaps, default=0))
    return [gap for gap in gaps if gap >= LONG]
