import re

from labctl.checks import Mismatch, Missing, NotYet, check

TRAINER = "docker.io/library/trainer:v1"
NAMES = {TRAINER, "library/trainer:v1", "trainer:v1"}
SHA256 = re.compile(r"^sha256 ([0-9a-f]{64})$", re.MULTILINE)


@check
def job_exists(kube):
    """The Job train exists"""
    return kube.get("batch/v1", "Job", "train", code="job-missing")


@check(needs=job_exists)
def job_has_the_image(lab):
    """It runs the image that you built"""
    job = lab.value(job_exists)
    container = job.spec.template.spec.containers[0]
    if container.image not in NAMES:
        raise Mismatch("job-other-image", expected=TRAINER, actual=container.image, about=job)
    if container.imagePullPolicy == "Always":
        raise Mismatch("pull-always", expected="IfNotPresent", actual="Always", about=job)


@check(needs=[job_has_the_image, "trainer_built"])
def image_on_the_nodes(engine, nodes):
    """Each node has that image, by the same digest as Docker"""
    docker = engine.config_digest(TRAINER)
    for node in nodes:
        image = node.image(TRAINER)
        if image is None:
            raise Missing("image-not-loaded", expected=TRAINER, actual=node.name)
        if image.id != docker:
            raise Mismatch("image-outdated", expected=docker, actual=image.id)


@check(needs=image_on_the_nodes, within=60)
def job_done(kube):
    """It has trained"""
    job = kube.get("batch/v1", "Job", "train", code="job-missing")
    conditions = {one.type for one in job.status.conditions or () if one.status == "True"}
    if "Failed" in conditions:
        raise Mismatch("job-failed", about=job)
    if "Complete" not in conditions:
        raise NotYet("job-not-done", about=job)


@check(needs=[job_done, "model_comes_out_again"])
def model_equal_in_the_cluster(kube, lab):
    """It has the same SHA-256 as in Docker"""
    job = kube.get("batch/v1", "Job", "train", code="job-missing")
    pods = kube.pods(selector=job.spec.selector.matchLabels)
    logs = [kube.logs(pod.name) for pod in pods if pod.status.phase == "Succeeded"]
    seen = [found for log in logs for found in SHA256.findall(log)]
    if not seen:
        raise Missing("job-log-missing", expected="sha256", about=job)
    wanted = lab.value("model_comes_out_again")
    if seen != [wanted]:
        raise Mismatch("job-model-differs", expected=wanted, actual=seen, about=job)
