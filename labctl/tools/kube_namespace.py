"""Deleting a namespace without the namespace controller's waits."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from labctl.errors import KubeNotFound, ToolFailed
from labctl.resource import Resource
from labctl.tools.kube_rest import Rest
from labctl.waiting import Clock, Pending, wait_until

TIMEOUT: Final = 120.0
"""Seconds; the namespace controller needs some of them for a namespace with many Pods."""
EMPTY: Final = 5.0
"""Seconds to be empty, before it is left to the namespace controller."""

_WORKLOADS: Final = (
    "/apis/batch/v1/namespaces/{}/cronjobs",
    "/apis/batch/v1/namespaces/{}/jobs",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/api/v1/namespaces/{}/pods",
)
"""What makes Pods, and Pods; makers first."""


def delete_namespace(rest: Rest, name: str, clock: Clock | None) -> None:
    """Delete a namespace with all that is in it, and wait until it is gone; none is no error.

    Pods go first, and quickly: the namespace controller that finds one comes back only after half
    of its grace period, which is 16 s. It does nothing at all in the first 5 s, in which other
    API servers learn that the namespace ends; there is no other one here. So what it does is done
    from here: when all is deleted and none of it is left, the namespace is released
    (https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace).

    Raises:
        ToolTimeout: with what is left of it.
    """
    place = quote(name)
    for path in _WORKLOADS:
        query = {"gracePeriodSeconds": "1", "propagationPolicy": "Background"}
        rest.json("DELETE", path.format(place), query=query)
    wait_until(
        lambda: not _items(rest, _WORKLOADS[-1].format(place)) or Pending("Pods are ending"),
        what=f"the Pods in namespace '{name}' to be gone",
        timeout=TIMEOUT,
        interval=0.1,
        clock=clock,
    )
    path = f"/api/v1/namespaces/{place}"
    try:
        uid = rest.json("DELETE", path)["metadata"]["uid"]
    except KubeNotFound:
        return
    if _emptied(rest, place, clock):
        _release(rest, path, uid)
    wait_until(
        lambda: gone(rest, path, uid),
        what=f"namespace '{name}' to be gone",
        timeout=TIMEOUT,
        clock=clock,
    )


def _emptied(rest: Rest, place: str, clock: Clock | None) -> bool:
    """Delete all that can be in a namespace that ends; False where something stays."""
    try:
        collections = [path.format(place) for path in _collections(rest)]
        for path in collections:
            rest.json("DELETE", path)
        wait_until(
            lambda: not any(_items(rest, path) for path in collections) or Pending("not empty"),
            what="a namespace to be empty",
            timeout=EMPTY,
            clock=clock,
        )
    except ToolFailed:  # an API that is away, or an object that someone holds
        return False
    return True


def _collections(rest: Rest) -> Iterator[str]:
    """Where the objects of each kind in a namespace are, of those that can be deleted together."""
    groups = rest.json("GET", "/apis")["groups"]
    roots = ["/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)]
    for root in roots:
        for resource in rest.json("GET", root)["resources"]:
            if resource["namespaced"] and "deletecollection" in resource["verbs"]:
                yield f"{root}/namespaces/{{}}/{resource['name']}"


def _items(rest: Rest, path: str) -> bool:
    return bool(rest.json("GET", path, query={"limit": "1"})["items"])


def _release(rest: Rest, path: str, uid: str) -> None:
    """Take the controller's own hold off a namespace that is empty."""
    try:
        namespace = rest.json("GET", path)
        if namespace["metadata"]["uid"] == uid:
            namespace["spec"]["finalizers"] = []
            rest.json("PUT", f"{path}/finalize", body=namespace)
    except ToolFailed:  # the controller was quicker
        return


def gone(rest: Rest, path: str, uid: str | None) -> bool | Pending:
    """Whether an object is away, or another one by its name is there."""
    try:
        seen = Resource(rest.json("GET", path))
    except KubeNotFound:
        return True
    if uid and seen.uid != uid:
        return True
    left = [one.message for one in seen.at("status.conditions", []) if one.status == "True"]
    return Pending("; ".join(filter(None, left)) or "still there")
