from labctl.checks import Mismatch, NotYet, check

IMAGE = "LAB-ID:v1"
TIMES = 20  # for each of two replicas: one is left out by chance once in 10^12 checks


@check(needs="deployment_exists")
def image_wanted(kube):
    """It runs the image that `up` has built"""
    deployment = kube.get("apps/v1", "Deployment", "greeter")
    image = deployment.spec.template.spec.containers[0].image
    if image.removeprefix("docker.io/library/") != IMAGE:
        raise Mismatch("image-other", expected=IMAGE, actual=image, about=deployment)


@check(needs=["replicas_wanted", image_wanted], within=60, stable=2)
def pods_ready(kube):
    """Both Pods are ready"""
    deployment = kube.get("apps/v1", "Deployment", "greeter")
    ready = deployment.status.readyReplicas or 0
    if ready < deployment.spec.replicas:
        raise NotYet(
            "pods-not-ready", expected=deployment.spec.replicas, actual=ready, about=deployment
        )


@check
def service_exists(kube):
    """The Service greeter exists"""
    return kube.get("v1", "Service", "greeter", code="service-missing")


@check(needs=service_exists)
def selector_fits(kube, lab):
    """Its selector finds the Pods"""
    service = lab.value(service_exists)
    if not kube.pods(selector=dict(service.spec.selector or {})):
        labels = kube.labels_in_use("Pod")
        raise Mismatch(
            "selector-mismatch", expected=labels, actual=service.spec.selector, about=service
        )


@check(needs=[pods_ready, selector_fits], within=30, probe=True)
def every_replica_answers(lab, nodes):
    """Asked often enough, both Pods answer"""
    service = lab.value(service_exists)
    answers = nodes[0].http_get(f"http://{service.spec.clusterIP}/", times=2 * TIMES)
    pods = {answer.body for answer in answers if answer.status == 200}
    if len(pods) < 2:
        raise NotYet("replica-silent", expected=2, actual=len(pods), about=service)
