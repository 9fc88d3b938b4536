from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/model-server:v1"
NOTE = "labctl.dev/image-id"


@check(needs="deployment_exists")
def digest_noted(kube, engine, nodes):
    """Your note, Docker and every node name the same digest"""
    deployment = kube.get("apps/v1", "Deployment", "model-server", code="deployment-missing")
    noted = (deployment.metadata.annotations or {}).get(NOTE, "")
    noted = noted.removeprefix("sha256:")
    if not noted:
        raise Missing("digest-missing", expected=NOTE)
    # Not image().image_id: with Docker's containerd image store that is a manifest's digest.
    docker = engine.config_digest(IMAGE)
    if docker is None:
        raise Missing("image-not-in-docker", expected=IMAGE)
    for node in nodes:
        image = node.image(IMAGE)
        if image is None:
            raise Missing("image-not-loaded", expected=IMAGE, actual=node.name)
        if image.id != docker:
            raise Mismatch("image-differs", expected=docker, actual=image.id)
    if f"sha256:{noted}" != docker:
        # `expected` stays out of this one: finding it is the exercise.
        raise Mismatch("digest-differs", actual=f"sha256:{noted}")
