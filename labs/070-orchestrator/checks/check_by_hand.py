"""Two containers of one image, and what Docker does when their process ends by itself."""

from labctl.checks import Mismatch, Missing, check

IMAGE = "docker.io/library/fleet-server:v1"
NEVER = "0001-01-01T00:00:00Z"
CRASHED = 1  # the exit code of the server's own end


def container_of(engine, name):
    image = engine.image(IMAGE)
    if image is None:
        raise Missing("image-not-in-docker", expected=IMAGE)
    container = engine.inspect(name)
    if container is None:
        raise Missing("container-missing", expected=name)
    if container.Image != image.image_id:
        raise Mismatch("wrong-image", expected=IMAGE, actual=name)
    return container


def policy(container):
    return container.at("HostConfig.RestartPolicy.Name") or "no"


@check
def plain_stays_down(engine):
    """hand-plain crashed, and is down"""
    container = container_of(engine, "hand-plain")
    if policy(container) != "no":
        raise Mismatch("plain-has-policy", expected="no", actual=policy(container))
    state = container.State
    if state.Running:
        if state.FinishedAt == NEVER:
            raise Mismatch("not-crashed", actual="hand-plain")
        raise Mismatch("started-by-hand", actual="hand-plain")
    if state.ExitCode != CRASHED:
        raise Mismatch("stopped-not-crashed", expected=CRASHED, actual=state.ExitCode)


@check
def restarting_comes_back(engine):
    """hand-restart crashed, and runs again"""
    container = container_of(engine, "hand-restart")
    if policy(container) == "no":
        raise Mismatch("no-policy", expected="unless-stopped", actual="no")
    if not container.State.Running:
        raise Mismatch("stopped-not-crashed", expected=CRASHED, actual=container.State.ExitCode)
    if not container.RestartCount:
        raise Mismatch("not-crashed", actual="hand-restart")
