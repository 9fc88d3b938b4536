"""From a saved file to running Pods: what is restarted, when, and what a failure does."""

from collections.abc import Callable
from typing import Any

import pytest

from labctl.errors import ToolFailed, ToolTimeout
from labctl.ops.bell import Bell
from labctl.ops.load import Loaded, Result
from labctl.ops.load_watch import Parts, Round, Superseded, go_round, rounds
from labctl.resource import Resource
from tests.fakes import FakeProgress, FakeTime
from tests.kube_fake import FakeKube

NAME = "docker.io/library/app:1"


def maker(
    name: str, image: str, status: dict[str, int], kind: str = "Deployment"
) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "serving", "generation": 1},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": image}]}}},
        "status": {"observedGeneration": 1, **status},
    }


DONE = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
DAEMONS = dict.fromkeys(
    (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberReady",
    ),
    3,
)


def loaded(result: Result) -> tuple[Loaded, ...]:
    sent = 2048 if result is Result.LOADED else 0
    return (Loaded(NAME, "node", result, "sha256:1", 5000, 2, sent, sent // 2048),)


def once(
    kube: FakeKube, result: Result = Result.LOADED, saved: Callable[[], bool] = lambda: False
) -> Round:
    parts = Parts(
        lambda: None, lambda: loaded(result), kube, FakeProgress(), FakeTime().clock(), saved
    )
    return go_round("app:1", parts)


def restarted_at(kube: FakeKube, kind: str, name: str) -> object:
    found = kube.objects[kind, "serving", name]
    return Resource(found).at("spec.template.metadata.annotations")


def test_all_that_uses_the_image_is_restarted_under_whatever_name_it_calls_it() -> None:
    kube = FakeKube()
    kube.apply([maker("short", "app:1", DONE), maker("full", NAME, DONE, "StatefulSet")])
    kube.apply([maker("each-node", "library/app:1", DAEMONS, "DaemonSet")])
    kube.apply([maker("other", "app:2", DONE), maker("digest", f"app@sha256:{'0' * 64}", DONE)])
    done = once(kube)
    assert done.restarted == ("deployment/short", "statefulset/full", "daemonset/each-node")
    assert list(restarted_at(kube, "Deployment", "short")) == ["kubectl.kubernetes.io/restartedAt"]  # type: ignore[call-overload]
    assert restarted_at(kube, "Deployment", "other") is None


def test_what_every_node_has_already_restarts_nothing() -> None:
    kube = FakeKube()
    kube.apply([maker("short", "app:1", DONE)])
    assert once(kube, Result.THERE).restarted == ()
    assert restarted_at(kube, "Deployment", "short") is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({**DONE, "observedGeneration": 0}, "not noticed yet"),
        ({**DONE, "updatedReplicas": 1}, "1 of 2 Pods are new, 2 are ready"),
        ({**DONE, "readyReplicas": 1}, "2 of 2 Pods are new, 1 are ready"),
        ({**DONE, "replicas": 3}, "2 of 2 Pods are new"),
    ],
)
def test_a_roll_out_is_waited_for_to_its_end(status: dict[str, int], said: str) -> None:
    kube = FakeKube()
    kube.apply([maker("short", "app:1", status)])
    with pytest.raises(ToolTimeout, match="deployment/short to run the new image") as caught:
        once(kube)
    assert said in str(caught.value)


def test_a_newer_save_ends_the_wait_for_pods_that_do_not_get_ready() -> None:
    kube, saves = FakeKube(), iter([False, False, True])
    kube.apply([maker("short", "app:1", {**DONE, "readyReplicas": 0})])
    with pytest.raises(Superseded):
        once(kube, saved=lambda: next(saves))


def test_a_node_that_did_not_get_it_is_a_failure_and_nothing_is_restarted() -> None:
    kube = FakeKube()
    kube.apply([maker("short", "app:1", DONE)])
    with pytest.raises(ToolFailed, match="1 of 1 nodes"):
        once(kube, Result.FAILED)
    assert restarted_at(kube, "Deployment", "short") is None


def test_a_round_at_once_and_one_after_each_bundle_of_changes() -> None:
    bell = Bell()
    done: list[int] = []

    def go() -> None:
        done.append(len(done))
        if len(done) == 1:
            bell.ring("files")
            bell.ring("files")
        else:
            bell.close()

    rounds(bell, "files", go)
    assert done == [0, 1]


def test_other_bells_are_not_for_it() -> None:
    bell = Bell()
    done: list[int] = []
    heard: list[Callable[[], None]] = [lambda: bell.ring("state"), bell.close]
    wait = bell.wait

    def waits(seconds: float) -> frozenset[str]:
        heard.pop(0)()
        return wait(seconds)

    bell.wait = waits  # type: ignore[method-assign]
    rounds(bell, "files", lambda: done.append(1))
    assert done == [1]
