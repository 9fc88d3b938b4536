"""When a cluster is ready: kind's own --wait exits 0 on a time-out, so this is ours to see.

Ready means: every node is Ready, CoreDNS is available, and the default service account is there
(without it a Pod is refused).
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from labctl.errors import LabctlError
from labctl.waiting import Clock, Pending, wait_until

TIMEOUT: Final = 180.0
"""Seconds. A restarted cluster's slowest Pod took 54 s on two cores."""


class Objects(Protocol):
    """The API server, as far as it is asked here."""

    def raw(self, path: str) -> dict[str, Any]:
        """GET a path; a LabctlError when the server does not answer or has no such object."""


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
    except LabctlError as err:
        return Pending(f"the API server does not answer ({err.message})")
    return True if seen is None else Pending(seen)


def unready(kube: Objects, nodes: int) -> str | None:
    """What the cluster still waits for, in a few words; None when it is ready."""
    return _nodes(kube, nodes) or _coredns(kube) or _service_account(kube)


def _nodes(kube: Objects, expected: int) -> str | None:
    items = kube.raw("/api/v1/nodes")["items"]
    if len(items) < expected:
        return f"{len(items)} of {expected} nodes have joined"
    for item in items:
        conditions = {entry["type"]: entry for entry in item["status"].get("conditions", ())}
        ready = conditions.get("Ready", {})
        if ready.get("status") != "True":
            reason = str(ready.get("message") or "no status yet").splitlines()[0]
            return f"node '{item['metadata']['name']}' is not Ready: {reason}"
    return None


def _coredns(kube: Objects) -> str | None:
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    found = kube.raw(path)
    wanted = found["spec"].get("replicas", 1)
    available = found.get("status", {}).get("availableReplicas", 0)
    # Available says "enough for now"; a lab wants the names of all Services answered.
    return None if available >= wanted else f"CoreDNS: {available} of {wanted} Pods available"


def _service_account(kube: Objects) -> str | None:
    items = kube.raw("/api/v1/namespaces/default/serviceaccounts")["items"]
    names = {item["metadata"]["name"] for item in items}
    return None if "default" in names else "service account 'default' is not there yet"
