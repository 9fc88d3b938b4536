"""What is shown around a failure: the learner's objects, their Pods, states, events and logs."""

from typing import Any

from labctl.checks.evidence import collect
from labctl.errors import ApiUnreachable
from labctl.resource import Resource
from tests.kube_fake import FakeKube

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop"},
    "spec": {"selector": {"app": "shop"}},
}
STATUS: dict[str, Any] = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "False", "message": "containers not ready"}],
    "containerStatuses": [
        {
            "name": "web",
            "ready": False,
            "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"reason": "Error", "exitCode": 1}},
        }
    ],
}


def pod(name: str, status: dict[str, Any], app: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}", "labels": {"app": app}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}


def event(reason: str, message: str, count: int = 1) -> Resource:
    return Resource({"type": "Warning", "reason": reason, "message": message, "count": count})


def lines(kube: FakeKube, *about: Resource) -> dict[str, tuple[str, ...]]:
    return {one.title: one.lines for one in collect(None, None, about, kube)}


def test_a_service_leads_to_its_pods_their_states_events_and_logs() -> None:
    kube = FakeKube()
    service, *_ = kube.apply([SERVICE, pod("a", STATUS)], namespace="tiny")
    kube.seen["uid-a"] = [event("BackOff", "restarting\n  failed container", 7)]
    kube.said["a", "web"] = "Traceback\nKeyError: 'MODEL'\n"
    assert lines(kube, service) == {
        "Events of Pod a": ("Warning BackOff: restarting failed container (7 times)",),
        "State of Pod a": (
            "a: Running (Ready: containers not ready)",
            "  web: waiting: CrashLoopBackOff (back-off), before: Error, exit code 1,"
            " 3 restarts, not ready",
        ),
        "Last log lines of a/web": ("Traceback", "KeyError: 'MODEL'"),
    }


def test_a_selector_that_finds_nothing_is_said() -> None:
    kube = FakeKube()
    service, *_ = kube.apply([SERVICE, pod("a", STATUS, app="other")], namespace="tiny")
    assert lines(kube, service) == {"Pods of Service shop": ("none has the labels app=shop",)}


def test_pods_in_trouble_come_before_those_that_are_well() -> None:
    kube = FakeKube()
    well = {"phase": "Running", "containerStatuses": [{"name": "web", "ready": True, "state": {}}]}
    pods = [pod(name, well) for name in "abc"]
    service, *_ = kube.apply([SERVICE, *pods, pod("z", STATUS)], namespace="tiny")
    titles = list(lines(kube, service))
    assert titles[0] == "State of Pod z"
    assert "State of Pod c" not in titles


def test_fields_that_differ_are_set_side_by_side() -> None:
    [found] = collect(
        {"app": "shop", "tier": "web"}, {"app": "shpo", "tier": "web"}, (), FakeKube()
    )
    assert found.lines == ("app: expected shop, found shpo",)


def test_what_the_server_adds_buries_no_difference() -> None:
    wanted = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}
    added = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}
    seen = {
        "metadata": {"name": "a", "uid": "1", **added},
        "spec": {"ports": [{"port": 8080, "protocol": "TCP"}], "clusterIP": "10.96.0.3"},
        "status": {"loadBalancer": {}},
    }
    [found] = collect(wanted, seen, (), FakeKube())
    assert found.lines == ("spec.ports[0].port: expected 80, found 8080",)
    [more] = collect({"app": "shop"}, {"app": "shop", "tier": "web"}, (), FakeKube())
    assert more.lines == ("tier: expected nothing, found web",)


def test_a_pod_that_does_not_get_past_its_init_container_shows_that_one() -> None:
    kube = FakeKube()
    failed = {"reason": "Error", "exitCode": 3}
    status = {
        "phase": "Pending",
        "initContainerStatuses": [
            {"name": "wait", "ready": True, "state": {"terminated": {"exitCode": 0}}},
            {
                "name": "fetch",
                "ready": False,
                "restartCount": 2,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": failed},
            },
        ],
        "containerStatuses": [
            {"name": "web", "ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}
        ],
    }
    one, *_ = kube.apply([pod("a", status)], namespace="tiny")
    kube.said["a", "fetch"] = "no such file\n"
    assert lines(kube, one) == {
        "State of Pod a": (
            "a: Pending",
            "  fetch: waiting: CrashLoopBackOff, before: Error, exit code 3, 2 restarts, not ready",
            "  web: waiting: PodInitializing, not ready",
        ),
        "Last log lines of a/fetch": ("no such file",),
    }


def test_a_cronjob_leads_to_the_jobs_that_it_made_last() -> None:
    kube = FakeKube()
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "train", "uid": "c"}}

    def job(name: str, at: str, owner: str) -> dict[str, Any]:
        owners = [{"kind": "CronJob", "uid": owner}]
        metadata = {"name": name, "uid": name, "creationTimestamp": at, "ownerReferences": owners}
        selector = {"matchLabels": {"app": name}}
        spec = {"selector": selector}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}

    jobs = [job("old", "01", "c"), job("mid", "02", "c"), job("new", "03", "c")]
    made, *_ = kube.apply(
        [cron, *jobs, job("other", "04", "x"), pod("p", STATUS, app="new")], namespace="tiny"
    )
    kube.said["p", "web"] = "nan\n"
    found = lines(kube, made)
    assert found["Last log lines of p/web"] == ("nan",)
    assert found["Pods of Job mid"] == ("none has the labels app=mid",)
    assert not any("old" in title or "other" in title for title in found)


def test_a_log_of_megabytes_is_cut() -> None:
    kube = FakeKube()
    one, *_ = kube.apply([pod("a", STATUS)], namespace="tiny")
    kube.said["a", "web"] = "x" * 1_000_000
    assert len(lines(kube, one)["Last log lines of a/web"][0]) == 300


class Away(FakeKube):
    def events(self, about: Resource) -> tuple[Resource, ...]:
        raise ApiUnreachable("gone")


def test_evidence_that_can_t_be_read_is_left_out() -> None:
    kube = Away()
    [one] = kube.apply([pod("a", STATUS)], namespace="tiny")
    assert collect({"a": 1}, {"a": 2}, [one], kube)[0].title == "Differences"
