from labctl.checks import Mismatch, NotYet, check

NAME = "lean"
LIMIT = "2Mi"


def heartbeat(kube):
    """The Deployment of the scene."""
    return kube.get("apps/v1", "Deployment", "heartbeat", code="heartbeat-missing")


@check
def class_exists(kube):
    """The RuntimeClass lean exists"""
    return kube.get("node.k8s.io/v1", "RuntimeClass", NAME, code="class-missing")


@check(needs=class_exists)
def class_leads_to_crun(lab):
    """Its handler is crun"""
    found = lab.value(class_exists)
    if found.handler == "runc":
        raise Mismatch("handler-is-runc", expected="crun", actual=found.handler)
    if found.handler != "crun":
        raise Mismatch("handler-unknown", expected="crun", actual=found.handler)


@check(needs=class_exists)
def heartbeat_uses_it(kube):
    """The Deployment heartbeat names the class lean, and keeps its memory limit"""
    deployment = heartbeat(kube)
    spec = deployment.spec.template.spec
    if not spec.runtimeClassName:
        raise Mismatch("heartbeat-no-class", expected=NAME, about=deployment)
    if spec.runtimeClassName != NAME:
        actual = spec.runtimeClassName
        raise Mismatch("heartbeat-class", expected=NAME, actual=actual, about=deployment)
    limit = spec.containers[0].at("resources.limits.memory")
    if limit != LIMIT:
        raise Mismatch("heartbeat-limit", expected=LIMIT, actual=limit)


@check(needs=[class_leads_to_crun, heartbeat_uses_it], within=60, stable=3)
def heartbeat_beats(kube, nodes):
    """It runs, and crun started it"""
    deployment = heartbeat(kube)
    for pod in kube.pods(selector={"app": "heartbeat"}):
        if pod.metadata.deletionTimestamp or pod.spec.runtimeClassName != NAME:
            continue
        for status in pod.status.containerStatuses or ():
            if not status.at("state.running"):
                continue
            seen = nodes[0].started(status.containerID.partition("://")[2])
            if seen and seen.oci_runtime != "crun":
                raise Mismatch("not-by-crun", expected="crun", actual=seen.oci_runtime)
            if seen and (deployment.status.readyReplicas or 0) >= 1:
                return
    raise NotYet("heartbeat-not-running", expected=1, actual=0, about=deployment)
