from labctl.checks import Mismatch, NotYet, check

IMAGE = "docker.io/library/model-choice:v1"
CLASSES = {"plain": None, "with-runc": "runc", "with-crun": "crun"}
"""The three Deployments, and the RuntimeClass that each one names."""


def template(deployment):
    """The Pods that a Deployment makes."""
    return deployment.spec.template.spec


def class_names(kube):
    """The RuntimeClasses that the cluster has."""
    return sorted(one.name for one in kube.list("node.k8s.io/v1", "RuntimeClass"))


@check
def both_classes_there(kube):
    """The cluster has the RuntimeClasses runc and crun"""
    there = class_names(kube)
    lacking = sorted({"runc", "crun"} - set(there))
    if lacking:
        raise Mismatch("class-not-there", expected=there, actual=lacking)


@check
def heartbeat_is_stuck(kube):
    """The heartbeat asks for a class whose handler the node lacks, and does not start"""
    heartbeat = kube.get("apps/v1", "Deployment", "heartbeat", code="heartbeat-missing")
    found = kube.get("node.k8s.io/v1", "RuntimeClass", "sandboxed")
    if found.handler != "runsc" or heartbeat.status.readyReplicas:
        raise Mismatch("heartbeat-not-stuck", expected="runsc", actual=found.handler)


@check
def deployments_exist(kube):
    """The Deployments plain, with-runc and with-crun exist"""
    for name in CLASSES:
        kube.get("apps/v1", "Deployment", name, code="deployment-missing")


@check(needs=deployments_exist)
def classes_named(kube):
    """The last two name the class that they are called by, and plain names none"""
    there = class_names(kube)
    for name, wanted in CLASSES.items():
        deployment = kube.get("apps/v1", "Deployment", name, code="deployment-missing")
        actual = template(deployment).runtimeClassName
        if actual == wanted:
            if wanted and wanted not in there:
                raise Mismatch("class-not-there", expected=there, actual=actual, about=deployment)
        elif wanted is None:
            raise Mismatch("plain-has-class", actual=actual)
        elif not actual:
            raise Mismatch("class-not-named", expected=wanted, actual=name)
        elif actual not in there:
            raise Mismatch("class-not-there", expected=there, actual=actual, about=deployment)
        else:
            raise Mismatch("other-class", expected={name: wanted}, actual={name: actual})


@check(needs=deployments_exist)
def one_image(kube, nodes):
    """All three run the image that was loaded into the node"""
    for name in CLASSES:
        deployment = kube.get("apps/v1", "Deployment", name, code="deployment-missing")
        image = template(deployment).containers[0].image
        for node in nodes:
            named, loaded = node.image(image), node.image(IMAGE)
            if loaded is None or named is None or named.id != loaded.id:
                raise Mismatch("other-image", expected=IMAGE, actual=image, about=deployment)


@check(needs=[classes_named, one_image], within=60)
def servers_ready(kube):
    """All three servers are ready"""
    for name in CLASSES:
        deployment = kube.get("apps/v1", "Deployment", name, code="deployment-missing")
        ready = min(deployment.status.readyReplicas or 0, deployment.status.updatedReplicas or 0)
        wanted = deployment.spec.replicas
        if not wanted:
            raise Mismatch("no-replicas", actual=name)
        if ready < wanted or deployment.status.replicas > wanted:
            raise NotYet("servers-not-ready", actual=name, about=deployment)
