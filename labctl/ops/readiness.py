"""When a cluster is ready: kind's own --wait exits 0 on a time-out, so this is ours to see.

Ready means: every node is Ready and has the Pods that carry Services, CoreDNS has all its replicas,
and the default service account is there (without it a Pod is refused).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from labctl.errors import ApiUnreachable, ToolFailed
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
    started: Mapping[str, datetime],
    *,
    detail: Callable[[str], None],
    timeout: float = TIMEOUT,
    clock: Clock | None = None,
) -> None:
    """Wait until the cluster is ready; ToolTimeout with the state last seen.

    `started` says when each node's container was started. What the API server says of a node from
    before that is a memory, not a state: after a restart it calls everything Ready for a minute.
    """
    wait_until(
        lambda: _look(kube, started),
        what="the cluster to be ready",
        timeout=timeout,
        clock=clock,
        on_pending=detail,
    )


def _look(kube: Callable[[], Objects], started: Mapping[str, datetime]) -> bool | Pending:
    try:
        seen = unready(kube(), started)
    except ApiUnreachable:
        return Pending("the API server does not answer yet")
    except ToolFailed as err:  # while it starts it may refuse even its own admin
        return Pending(err.message)
    return True if seen is None else Pending(seen)


def unready(kube: Objects, started: Mapping[str, datetime]) -> str | None:
    """What the cluster still waits for, in a few words; None when it is ready."""
    return _nodes(kube, started) or _system(kube, started) or _service_account(kube)


def _nodes(kube: Objects, started: Mapping[str, datetime]) -> str | None:
    nodes = {node.name: node for node in kube.list("v1", "Node")}
    joined = nodes.keys() & started.keys()
    if len(joined) < len(started):
        return f"{len(joined)} of {len(started)} nodes have joined"
    leases = {
        lease.name: lease
        for lease in kube.list("coordination.k8s.io/v1", "Lease", "kube-node-lease")
    }
    for name in sorted(joined):
        ready = next(
            (c for c in nodes[name].at("status.conditions", []) if c.type == "Ready"), None
        )
        if ready is None or ready.status != "True":
            reason = str((ready and ready.message) or "no reason given").splitlines()[0]
            return f"node '{name}' is not Ready: {reason}"
        # A kubelet that starts before its API server reports at once, and takes its lease 10 s later.
        reports = [ready.lastHeartbeatTime]
        if name in leases:
            reports.append(leases[name].at("spec.renewTime"))
        if all(not one or datetime.fromisoformat(one) < started[name] for one in reports):
            return f"node '{name}' has not reported since it was started"
    return None


def _system(kube: Objects, started: Mapping[str, datetime]) -> str | None:
    """CoreDNS with all its replicas, and on every node what carries Services: kube-proxy, the CNI."""
    pods = [pod for pod in kube.list("v1", "Pod", "kube-system") if _serves(pod, started)]
    wanted = [(one, len(started)) for one in kube.list("apps/v1", "DaemonSet", "kube-system")]
    deployments = kube.list("apps/v1", "Deployment", "kube-system")
    # A Deployment's "Available" says "enough for now"; a lab wants all of them.
    wanted += [(one, one.at("spec.replicas", 1)) for one in deployments]
    if not deployments:
        return "CoreDNS is not there yet"
    for owner, count in wanted:
        labels: Mapping[str, str] = owner.at("spec.selector.matchLabels", {})
        there = sum(labels.items() <= pod.labels.items() for pod in pods)
        if there < count:
            return f"{owner.name}: {there} of {count} Pods are ready"
    return None


def _serves(pod: Resource, started: Mapping[str, datetime]) -> bool:
    """Whether a Pod is ready, by containers that were started since their node was."""
    conditions = pod.at("status.conditions", [])
    if not any(c.type == "Ready" and c.status == "True" for c in conditions):
        return False
    since = started.get(str(pod.at("spec.nodeName", "")))
    times = [
        status.at("state.running.startedAt") for status in pod.at("status.containerStatuses", [])
    ]
    # startedAt has whole seconds.
    return since is not None and all(
        time is not None and datetime.fromisoformat(time) >= since.replace(microsecond=0)
        for time in times
    )


def _service_account(kube: Objects) -> str | None:
    names = {account.name for account in kube.list("v1", "ServiceAccount", "default")}
    return None if "default" in names else "service account 'default' is not there yet"
