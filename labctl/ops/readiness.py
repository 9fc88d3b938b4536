"""When a cluster is ready: kind's own --wait exits 0 on a time-out, so this is ours to see.

Ready means: every node is Ready, CoreDNS is available, and the default service account is there
(without it a Pod is refused).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from labctl.errors import ApiUnreachable, KubeNotFound
from labctl.resource import Resource
from labctl.waiting import Clock, Pending, wait_until

TIMEOUT: Final = 180.0
"""Seconds. A restarted cluster's slowest Pod took 54 s on two cores."""


class Objects(Protocol):
    """The API server, as far as it is asked here."""

    def list(self, api_version: str, kind: str, namespace: str | None = None) -> Sequence[Resource]:
        """The objects of a kind; ApiUnreachable when the server does not answer."""


def wait_ready(
    kube: Callable[[], Objects],
    nodes: int,
    *,
    detail: Callable[[str], None],
    timeout: float = TIMEOUT,
    clock: Clock | None = None,
) -> None:
    """Wait until the cluster is ready; ToolTimeout with the state last seen."""
    wait_until(
        lambda: _look(kube, nodes),
        what="the cluster to be ready",
        timeout=timeout,
        clock=clock,
        on_pending=detail,
    )


def _look(kube: Callable[[], Objects], nodes: int) -> bool | Pending:
    try:
        seen = unready(kube(), nodes)
    except ApiUnreachable:
        return Pending("the API server does not answer yet")
    except KubeNotFound as err:
        return Pending(err.message)
    return True if seen is None else Pending(seen)


def unready(kube: Objects, nodes: int) -> str | None:
    """What the cluster still waits for, in a few words; None when it is ready."""
    return _nodes(kube, nodes) or _coredns(kube) or _service_account(kube)


def _nodes(kube: Objects, expected: int) -> str | None:
    nodes = kube.list("v1", "Node")
    if len(nodes) < expected:
        return f"{len(nodes)} of {expected} nodes have joined"
    for node in nodes:
        ready = next((c for c in node.at("status.conditions", []) if c.type == "Ready"), None)
        if ready is None or ready.status != "True":
            reason = str(ready.message if ready else "no status yet").splitlines()[0]
            return f"node '{node.name}' is not Ready: {reason}"
    return None


def _coredns(kube: Objects) -> str | None:
    for found in kube.list("apps/v1", "Deployment", "kube-system"):
        if found.name == "coredns":
            wanted, there = found.at("spec.replicas", 1), found.at("status.availableReplicas", 0)
            # Available=True says "enough for now"; a lab wants all of them.
            return None if there >= wanted else f"CoreDNS: {there} of {wanted} Pods are available"
    return "CoreDNS is not there yet"


def _service_account(kube: Objects) -> str | None:
    names = {account.name for account in kube.list("v1", "ServiceAccount", "default")}
    return None if "default" in names else "service account 'default' is not there yet"
