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
    running = [one for one in ours if one.state == "running"]
    if any(reachable(engine, one) for one in running):
        return
    if running:
        raise Mismatch("port-not-published", actual=running[0].name)
    if ours:
        raise Mismatch("container-exited", expected="running", actual=ours[0].state)
    for one in containers:
        if one.name == "model-server":
            raise Mismatch("wrong-image", expected=IMAGE, actual=one.image)
    raise Missing("container-missing", expected=IMAGE)


def reachable(engine, container):
    """Whether a port of this machine leads to it: a published one, or the machine's network."""
    if container.ports:
        return True
    found = engine.inspect(container.name)
    return found is not None and found.at("HostConfig.NetworkMode") == "host"
