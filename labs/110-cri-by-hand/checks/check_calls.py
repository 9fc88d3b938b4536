from labctl.checks import Mismatch, Missing, NotYet, check

ANSWERS = "answers.yaml"
STARTED_BY = ["RunPodSandbox", "CreateContainer", "StartContainer"]
# Every call of CRI's two services that does something.
CALLS = {
    *STARTED_BY,
    "StopPodSandbox",
    "RemovePodSandbox",
    "PodSandboxStatus",
    "PodSandboxStats",
    "ListPodSandbox",
    "ListPodSandboxStats",
    "StopContainer",
    "RemoveContainer",
    "ListContainers",
    "ContainerStatus",
    "ContainerStats",
    "ListContainerStats",
    "UpdateContainerResources",
    "CheckpointContainer",
    "ReopenContainerLog",
    "Exec",
    "ExecSync",
    "Attach",
    "PortForward",
    "UpdateRuntimeConfig",
    "UpdatePodSandboxResources",
    "GetContainerEvents",
    "ListMetricDescriptors",
    "ListPodSandboxMetrics",
    "RuntimeConfig",
    "Status",
    "Version",
    "ListImages",
    "ImageStatus",
    "PullImage",
    "RemoveImage",
    "ImageFsInfo",
}
SINCE = "/var/lib/by-hand/since"
JOURNAL = 'journalctl -u containerd -u crio -o cat --no-pager --since "@$1" | grep -F -- "$2"'


def noted(work, key):
    """An answer as text."""
    value = work.yaml(ANSWERS).get(key)
    text = "" if value is None else str(value).strip()
    if not text:
        raise Missing("answer-missing", expected=key)
    return text


@check
def pod_was_applied(kube):
    """The Pod by-kubelet exists"""
    return kube.get("v1", "Pod", "by-kubelet", code="pod-missing")


@check(needs=pod_was_applied)
def calls_noted(work):
    """You noted the three calls that started it, in their order"""
    # CRI-O's journal has the whole path: /runtime.v1.RuntimeService/RunPodSandbox.
    keys = ("call_1", "call_2", "call_3")
    answers = [noted(work, key).rpartition("/")[2] for key in keys]
    unknown = [one for one in answers if one not in CALLS]
    if unknown:
        raise Mismatch("call-unknown", actual=unknown)
    others = [one for one in answers if one not in STARTED_BY]
    if others:
        raise Mismatch("call-starts-nothing", actual=others)
    if answers != STARTED_BY:
        raise Mismatch("calls-out-of-order", actual=answers)


@check(needs=pod_was_applied, within=20)
def restarted_by_the_kubelet(kube):
    """Its server was killed once, and the kubelet started it again"""
    pod = kube.get("v1", "Pod", "by-kubelet", code="pod-missing")
    statuses = pod.at("status.containerStatuses", [])
    if not statuses:
        raise NotYet("pod-not-started", about=pod)
    if not statuses[0].restartCount:
        raise Mismatch("never-restarted", expected=1, actual=0)


@check(within=20, probe=True)
def unknown_pod_was_ended(nodes, work):
    """The Pod that you made behind the kubelet's back was ended"""
    worker = next(node for node in nodes if node.role == "worker")
    sandbox = noted(work, "first_sandbox")
    if len(sandbox) < 64:
        raise Mismatch("id-shortened", expected=64, actual=len(sandbox))
    since = (worker.file(SINCE) or "0").strip()
    lines = worker.run(["sh", "-c", JOURNAL, "sh", since, sandbox]).out.splitlines()
    made = [line for line in lines if "RunPodSandbox" in line]
    if not made:
        raise Mismatch("sandbox-unknown", actual=sandbox[:13])
    if not any("by-hand" in line for line in made):
        raise Mismatch("sandbox-of-another", actual=sandbox[:13])
    if any("StopPodSandbox" in line for line in lines):
        return
    if worker.unit("kubelet") != "active":
        raise Mismatch("nobody-looked", actual=worker.unit("kubelet"))
    raise NotYet("not-ended", actual=sandbox[:13])
