"""Whether what each Deployment describes now is what runs, and is ready."""

from labctl.checks import NotYet, check


def rolled_out(kube, name):
    """The names of the Deployment's Pods, when all are of its present template and ready."""
    deployment = kube.get("apps/v1", "Deployment", name, code="deployment-gone")
    status, wanted = deployment.status, deployment.spec.replicas
    seen = (status.observedGeneration or 0) >= deployment.metadata.generation
    ready = min(status.updatedReplicas or 0, status.readyReplicas or 0) if seen else 0
    # More Pods than wanted: the roll-out is still replacing old ones.
    if not seen or ready < wanted or (status.replicas or 0) > wanted:
        raise NotYet("not-ready", expected=wanted, actual=ready, about=deployment)
    pods = kube.pods(selector=deployment.spec.selector.matchLabels)
    return sorted(pod.name for pod in pods if not pod.metadata.deletionTimestamp)


@check(needs="adelie_repaired", within=60)
def adelie_ready(kube):
    """adelie: its Pod is ready"""
    return rolled_out(kube, "adelie")


@check(needs="gentoo_repaired", within=60)
def gentoo_ready(kube):
    """gentoo: its Pod is ready"""
    return rolled_out(kube, "gentoo")


@check(needs="chinstrap_repaired", within=60)
def chinstrap_ready(kube):
    """chinstrap: its Pod is ready"""
    return rolled_out(kube, "chinstrap")


@check(needs="emperor_repaired", within=60)
def emperor_ready(kube):
    """emperor: its Pod is ready"""
    return rolled_out(kube, "emperor")


@check(needs="king_repaired", within=60)
def king_ready(kube):
    """king: its Pod is ready"""
    return rolled_out(kube, "king")


@check(needs="macaroni_repaired", within=60)
def macaroni_ready(kube):
    """macaroni: its Pod is ready"""
    return rolled_out(kube, "macaroni")


@check(needs="rockhopper_repaired", within=60)
def rockhopper_ready(kube):
    """rockhopper: its Pod is ready"""
    return rolled_out(kube, "rockhopper")


@check(needs="humboldt_repaired", within=60)
def humboldt_ready(kube):
    """humboldt: its Pod is ready"""
    return rolled_out(kube, "humboldt")
