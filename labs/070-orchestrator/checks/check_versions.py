"""Roll-outs and roll-backs, by what a Deployment keeps of them: its ReplicaSets and revisions."""

from labctl.checks import Mismatch, Missing, NotYet, check

REVISION = "deployment.kubernetes.io/revision"
EARLIER = "deployment.kubernetes.io/revision-history"
NOTES = "answers.yaml"


def fleet(kube):
    return kube.get("apps/v1", "Deployment", "fleet", code="deployment-missing")


def version_of(template):
    """`v2` of docker.io/library/fleet-server:v2; nothing of another image."""
    name = template.spec.containers[0].image.rpartition("/")[2]
    return name.partition(":")[2] if name.startswith("fleet-server:") else ""


def revisions(kube):
    """The numbers of every version's revisions, oldest first."""
    deployment = fleet(kube)
    found = {"v1": [], "v2": [], "v3": []}
    for one in kube.list("apps/v1", "ReplicaSet", selector={"app": "fleet"}):
        notes = one.metadata.annotations or {}
        owners = [owner.uid for owner in one.metadata.ownerReferences or ()]
        version = version_of(one.spec.template)
        if deployment.uid in owners and version in found:
            earlier = notes.get(EARLIER, "").split(",")
            found[version] += [int(number) for number in (*earlier, notes.get(REVISION)) if number]
    return {version: sorted(numbers) for version, numbers in found.items()}


def rolled_out(deployment):
    status, wanted = deployment.status, deployment.spec.replicas
    seen = (status.observedGeneration or 0) >= deployment.metadata.generation
    ready = min(status.updatedReplicas or 0, status.readyReplicas or 0)
    return seen and ready >= wanted >= (status.replicas or 0)


@check(within=60)
def version_2_went_out(kube):
    """Version 2 was rolled out"""
    deployment = fleet(kube)
    if not revisions(kube)["v2"]:
        now = deployment.spec.template.spec.containers[0].image
        raise Missing("no-version-2", expected="v2", actual=now)
    if version_of(deployment.spec.template) == "v2" and not rolled_out(deployment):
        ready = deployment.status.updatedReplicas or 0
        raise NotYet("rolling-out", expected=deployment.spec.replicas, actual=ready)


@check
def version_1_came_back(kube):
    """Version 1 came back after version 2"""
    found = revisions(kube)
    if not any(number > found["v2"][0] for number in found["v1"]):
        raise Missing("not-rolled-back", expected="v1", actual=found)


@check(needs=version_1_came_back)
def version_2_again(kube):
    """And version 2 again after that"""
    found = revisions(kube)
    back = next(number for number in found["v1"] if number > found["v2"][0])
    if not any(number > back for number in found["v2"]):
        raise Missing("still-version-1", expected="v2", actual="v1")


@check
def version_3_was_tried(kube):
    """A roll-out of version 3 was begun"""
    if not revisions(kube)["v3"]:
        raise Missing("no-version-3", expected="v3")


@check(needs=version_3_was_tried)
def stuck_noted(kube, work):
    """Your notes say how it stood while the roll-out was stuck"""
    notes = work.yaml(NOTES)
    ready, reason = notes.get("ready_while_stuck"), notes.get("reason")
    for key, value in (("ready_while_stuck", ready), ("reason", reason)):
        if value in (None, ""):
            raise Missing("note-missing", expected=key)
    # The strategy allows no Pod to be missing.
    if ready != fleet(kube).spec.replicas:
        raise Mismatch("other-ready", actual=ready)
    if reason != "ProgressDeadlineExceeded":
        raise Mismatch("other-reason", actual=reason)


@check(needs=version_3_was_tried, within=60)
def version_3_taken_back(kube):
    """Version 2 is back, and serves"""
    deployment, found = fleet(kube), revisions(kube)
    version = version_of(deployment.spec.template)
    if version == "v3" or found["v2"][-1] < found["v3"][-1]:
        raise Mismatch("version-3-stays", expected="v2", actual=version)
    if version != "v2":
        raise Mismatch("other-version", expected="v2", actual=version)
    if not rolled_out(deployment):
        ready = deployment.status.updatedReplicas or 0
        raise NotYet("rolling-out", expected=deployment.spec.replicas, actual=ready)
