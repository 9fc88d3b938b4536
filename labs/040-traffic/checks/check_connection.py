import json

from labctl.checks import Mismatch, Missing, check

NEW = "iris-v2"
MOST = 20
# Each new connection goes to one of the ready replicas at random. With 25 connections for each
# of k replicas, one is left out with a chance of k * (1 - 1/k) ** (25 * k): once in 20 billion
# checks with ten of them, and more seldom with fewer.
CONNECTIONS = 25


@check(needs="deployment_exists")
def connections_end(kube):
    """The server ends a connection after some answers"""
    deployment = kube.get("apps/v1", "Deployment", NEW, code="deployment-missing")
    container = deployment.spec.template.spec.containers[0]
    limits = [one.value for one in container.env or () if one.name == "REQUESTS_PER_CONNECTION"]
    limit = limits[-1] if limits else "0"
    if not str(limit).isdecimal():
        raise Mismatch("limit-no-number", expected=f"1 to {MOST}", actual=limit)
    if int(limit) == 0:
        raise Missing("connections-never-end", expected=f"1 to {MOST}", actual=0)
    if int(limit) > MOST:
        raise Mismatch("limit-too-high", expected=MOST, actual=int(limit))
    return int(limit)


@check(needs=["replicas_share", connections_end], within=30, probe=True)
def kept_connection_is_shared(kube, lab, nodes):
    """A client that keeps its connection hears from every ready replica"""
    ready, limit = lab.value("servers_up")["ready"], lab.value(connections_end)
    service = kube.get("v1", "Service", "iris", code="service-missing")
    requests = CONNECTIONS * len(ready) * limit
    # One curl, many URLs: it keeps its connection for as long as the server does.
    urls = f"http://{service.spec.clusterIP}/whoami?n=[1-{requests}]"
    answer = nodes[0].run(["curl", "-s", "-m", "5", urls])
    names = {pod for line in answer.out.splitlines() if (pod := read(line))}
    silent = sorted(set(ready) - names)
    if silent:
        raise Mismatch("connection-one-sided", expected=ready, actual=silent, about=service)


def read(line):
    """Who answered, from one line of what curl printed."""
    try:
        return json.loads(line).get("pod")
    except (ValueError, AttributeError):
        return None
