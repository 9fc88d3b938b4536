from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/model-server:v1"


@check(stable=2)
def container_runs(engine):
    """A container of the image runs on your own machine"""
    image = engine.image(IMAGE)
    if image is None:
        raise Missing("image-not-in-docker", expected=IMAGE)
    containers = engine.containers()
    ours = [one for one in containers if one.image_id == image.image_id]
    if any(one.state == "running" for one in ours):
        return
    if ours:
        raise Mismatch("container-exited", expected="running", actual=ours[0].state)
    for one in containers:
        if one.name == "model-server":
            raise Mismatch("wrong-image", expected=IMAGE, actual=one.image)
    raise Missing("container-missing", expected=IMAGE)
