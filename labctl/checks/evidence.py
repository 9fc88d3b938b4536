"""What was to be seen around a failed check: differences, states, events, last log lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from labctl.checks.ports import KubeReader
from labctl.errors import KubeNotFound, ToolFailed
from labctl.resource import Resource, plain
from labctl.results import Evidence

MOST_PODS: Final = 3
MOST_JOBS: Final = 2
MOST_EVENTS: Final = 5
MOST_FIELDS: Final = 12
LOG_LINES: Final = 8
SERVER_MADE: Final = frozenset(
    {"status"}
    | {
        f"metadata.{name}"
        for name in (
            "managedFields",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "selfLink",
            "annotations.kubectl.kubernetes.io/last-applied-configuration",
            "annotations.deployment.kubernetes.io/revision",
        )
    }
    | {f"spec.{name}" for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy")}
)
"""No learner writes these."""
LINE: Final = 300
"""Characters; a line of a log may have megabytes."""


def collect(
    expected: Any, actual: Any, about: Sequence[Resource], kube: KubeReader
) -> tuple[Evidence, ...]:
    """Evidence for a failure. What can't be read now is left out; it is no reason to fail twice."""
    found = list(_difference(expected, actual))
    try:
        for one in about:
            found += _around(one, kube)
    except ToolFailed:
        pass
    return tuple(dict.fromkeys(item for item in found if item.lines))


def _difference(expected: Any, actual: Any) -> Iterator[Evidence]:
    """Fields that differ, where both sides have fields."""
    if not isinstance(expected, Mapping) or not isinstance(actual, Mapping):
        return
    wanted, seen = dict(_flat(plain(expected))), dict(_flat(plain(actual)))
    differ = [place for place in wanted if wanted[place] != seen.get(place)]
    # What only the other side has counts where nothing else differs: defaults would bury the rest.
    differ = differ or [place for place in seen if place not in wanted]
    lines = [
        f"{place}: expected {_short(wanted.get(place))}, found {_short(seen.get(place))}"
        for place in differ[:MOST_FIELDS]
    ]
    yield Evidence("Differences", tuple(lines))


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a value by their dotted places, without those that the server makes."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            here = f"{place}.{key}" if place else str(key)
            if here not in SERVER_MADE:
                yield from _flat(inner, here)
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{place}[{number}]")
    else:
        yield place, value


def _around(one: Resource, kube: KubeReader) -> Iterator[Evidence]:
    yield Evidence(f"Events of {one.kind} {one.name}", _events(one, kube))
    if one.kind == "Pod":
        yield from _pod(one, kube)
        return
    if one.kind == "CronJob":
        for job in _last_jobs(one, kube):
            yield from _around(job, kube)
        return
    selector = _selector(one)
    if not selector:
        return
    pods = kube.list("v1", "Pod", one.namespace, selector)
    if not pods:
        words = ",".join(f"{key}={value}" for key, value in selector.items())
        yield Evidence(f"Pods of {one.kind} {one.name}", (f"none has the labels {words}",))
        yield from _creators(one, kube)
    # The Pods in trouble say more than those that are well.
    for pod in islice(sorted(pods, key=_well), MOST_PODS):
        yield Evidence(f"Events of Pod {pod.name}", _events(pod, kube))
        yield from _pod(pod, kube)


def _last_jobs(cron: Resource, kube: KubeReader) -> Sequence[Resource]:
    """The Jobs that it made last; the newest first."""
    jobs = [
        job
        for job in kube.list("batch/v1", "Job", cron.namespace, "")
        if any(
            owner.uid == cron.at("metadata.uid")
            for owner in job.at("metadata.ownerReferences") or []
        )
    ]
    jobs.sort(key=lambda job: str(job.at("metadata.creationTimestamp")), reverse=True)
    return jobs[:MOST_JOBS]


def _creators(one: Resource, kube: KubeReader) -> Iterator[Evidence]:
    """Why a Deployment has no Pods stands in the events of its ReplicaSets (quota, account)."""
    if one.kind == "Deployment":
        for replicas in kube.list("apps/v1", "ReplicaSet", one.namespace, _selector(one)):
            yield Evidence(f"Events of ReplicaSet {replicas.name}", _events(replicas, kube))


def _selector(one: Resource) -> dict[str, str]:
    found = one.at("spec.selector.matchLabels") or (
        one.at("spec.selector") if one.kind == "Service" else None
    )
    return dict(found or {})


def _pod(pod: Resource, kube: KubeReader) -> Iterator[Evidence]:
    # An init container that has done its work is `ready`, too.
    first = [one for one in pod.at("status.initContainerStatuses") or [] if not one.ready]
    statuses = [*first, *(pod.at("status.containerStatuses") or [])]
    states = [f"{pod.name}: {pod.at('status.phase', 'Unknown')}{_conditions(pod)}"]
    states += [f"  {status.name}: {_state(status)}" for status in statuses]
    yield Evidence(f"State of Pod {pod.name}", tuple(states))
    for status in statuses:
        if status.ready or (first and status not in first):
            continue
        crashed = bool(status.restartCount) and not status.at("state.running")
        lines = _log(pod, status.name, kube, previous=crashed)
        yield Evidence(f"Last log lines of {pod.name}/{status.name}", lines)


def _log(pod: Resource, container: str, kube: KubeReader, *, previous: bool) -> tuple[str, ...]:
    try:
        text = kube.logs(pod.name, container, pod.namespace, tail=LOG_LINES, previous=previous)
    except KubeNotFound:
        return ()
    return tuple(line[:LINE] for line in text.splitlines())


def _conditions(pod: Resource) -> str:
    unmet = [one for one in pod.at("status.conditions") or [] if one.status != "True"]
    texts = [f"{one.type}: {one.message}" for one in unmet if one.message]
    return f" ({'; '.join(texts)})"[:LINE] if texts else ""


def _state(status: Any) -> str:
    """`waiting: ErrImageNeverPull (...), 3 restarts, not ready`."""
    words = []
    for name in ("waiting", "terminated", "running"):
        detail = status.at(f"state.{name}")
        if detail is not None:
            reason = f": {detail.reason}" if detail.reason else ""
            code = f", exit code {detail.exitCode}" if name == "terminated" else ""
            message = f" ({detail.message})" if detail.message else ""
            words.append(f"{name}{reason}{code}{message}")
    last = status.at("lastState.terminated")
    if last is not None:
        words.append(f"before: {last.reason}, exit code {last.exitCode}")
    if status.restartCount:
        words.append(f"{status.restartCount} restarts")
    words.append("ready" if status.ready else "not ready")
    return ", ".join(words)[:LINE]


def _events(about: Resource, kube: KubeReader) -> tuple[str, ...]:
    lines = [_event(event) for event in kube.events(about)]
    return tuple(dict.fromkeys(lines))[-MOST_EVENTS:]


def _event(event: Resource) -> str:
    count = event.raw.get("count") or event.at("series.count", 1)
    times = f" ({count} times)" if count and count > 1 else ""
    return f"{event.type} {event.reason}: {' '.join(str(event.message).split())}{times}"[:LINE]


def _well(pod: Resource) -> bool:
    statuses: Iterable[Any] = pod.at("status.containerStatuses") or []
    ready = [bool(status.ready) for status in statuses]
    return bool(ready) and all(ready)


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)[:LINE]
