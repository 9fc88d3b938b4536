"""What checks see, and the command lines that they leave behind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from labctl.checks.api import Missing
from labctl.checks.views import KubeView, LabView, Recorder
from labctl.checks.views_nodes import HttpAnswer, NodeImage, NodeView
from labctl.errors import LabInvalid, ToolFailed
from labctl.model import LABEL_RUNTIME, Node
from labctl.resource import Fields, Resource, plain
from tests.kube_fake import FakeKube

NODE = Node("node-1", "control-plane", True, "running", "image")
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "labels": {"app": "shop", "pod-template-hash": "12"}},
    "spec": {"containers": [{"name": "web"}]},
}
IMAGE = {
    "id": "sha256:1",
    "repoTags": ["docker.io/library/shop:v1"],
    "repoDigests": [],
}


@dataclass
class Output:
    stdout: str
    stderr: str = ""


@dataclass
class FakeRunner:
    """Answers what `answer` says to an argv."""

    answer: Callable[[list[str]], str]
    asked: list[list[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, timeout: float) -> Output:
        self.asked.append(list(argv))
        return Output(self.answer(list(argv)))


def view(recorder: Recorder) -> KubeView:
    kube = FakeKube()
    kube.apply([POD], namespace="tiny")
    return KubeView(kube, "tiny", recorder)


def node(
    answer: Callable[[list[str]], str], *, probe: bool = False, runtime: str = "containerd"
) -> NodeView:
    recorder = Recorder()
    recorder.start(probe=probe)
    of = replace(NODE, labels={LABEL_RUNTIME: runtime})
    return NodeView(of, FakeRunner(answer), recorder)


def test_what_is_not_there_is_missing_with_the_names_that_are() -> None:
    kube = view(Recorder())
    with pytest.raises(Missing) as caught:
        kube.get("v1", "Pod", "b", code="pod-missing")
    assert (caught.value.code, caught.value.expected) == ("pod-missing", "Pod 'b'")
    assert caught.value.actual == ["a"]
    assert kube.find("v1", "Pod", "b") is None


def test_questions_leave_command_lines_each_once() -> None:
    recorder = Recorder()
    kube = view(recorder)
    kube.get("v1", "Pod", "a")
    kube.get("v1", "Pod", "a")
    kube.pods(selector={"app": "shop"})
    kube.logs("a", "web")
    assert list(recorder.commands) == [
        "labctl kubectl get pod a -o yaml -n tiny",
        "labctl kubectl get pod -l app=shop -n tiny",
        "labctl kubectl logs a -c web -n tiny",
    ]
    recorder.start(probe=False)
    assert not recorder.commands


def test_labels_in_use_leave_out_those_that_the_cluster_made() -> None:
    assert view(Recorder()).labels_in_use("Pod") == ("app=shop",)


def test_a_node_shows_an_image_as_its_runtime_does() -> None:
    found = node(lambda _: json.dumps({"status": IMAGE})).image("shop:v1")
    assert found is not None
    assert (found.id, found.tags) == ("sha256:1", ("docker.io/library/shop:v1",))
    assert node(lambda _: json.dumps({"images": [IMAGE]})).images() == (found,)


def test_an_image_has_the_same_id_on_a_runtime_that_leaves_the_algorithm_out() -> None:
    bare = {**IMAGE, "id": "1"}
    found = node(lambda _: json.dumps({"status": bare})).image("shop:v1")
    assert found is not None
    assert found.id == "sha256:1"
    assert node(lambda _: json.dumps({"images": [bare]})).images() == (found,)


def test_a_historic_nodes_image_is_asked_of_its_docker_engine() -> None:
    def answer(argv: list[str]) -> str:
        assert argv == ["docker", "exec", "node-1", "docker", "image", "inspect", "shop:v1"]
        return json.dumps([{"Id": "sha256:1", "RepoTags": ["shop:v1"], "RepoDigests": []}])

    found = node(answer, runtime="dockershim").image("shop:v1")
    assert found == NodeImage("sha256:1", ("docker.io/library/shop:v1",), ())


def test_no_such_image_is_none_and_any_other_failure_is_not() -> None:
    def fail(text: str) -> Callable[[list[str]], str]:
        def answer(argv: list[str]) -> str:
            raise ToolFailed("'docker' exited with 1.", argv=argv, details=[text])

        return answer

    assert node(fail('no such image "shop:v1" present')).image("shop:v1") is None
    historic = node(fail("Error response from daemon: No such image: a"), runtime="dockershim")
    assert historic.image("a") is None
    with pytest.raises(ToolFailed):
        node(fail("connection refused")).image("shop:v1")


def test_answers_are_told_apart_with_their_status() -> None:
    said = "one\nline\n@answer 200 0.25\n\n@answer 000 5.0\n{}\n@answer 503 0.01\n"
    answers = node(lambda _: said, probe=True).http_get("http://10.0.0.1", times=3)
    assert answers == (
        HttpAnswer(200, "one\nline", 0.25),
        HttpAnswer(0, "", 5.0),
        HttpAnswer(503, "{}", 0.01),
    )


def test_traffic_is_for_probes_only() -> None:
    with pytest.raises(LabInvalid, match="probe=True"):
        node(lambda _: "").http_get("http://10.0.0.1")


def test_the_value_of_a_check_that_did_not_run_is_the_lab_s_fault() -> None:
    lab = LabView("tiny", "tiny", (), (), values={"one": 1})
    assert lab.value("one") == 1
    with pytest.raises(LabInvalid, match="name it in `needs`"):
        lab.value("two")


def test_fields_that_are_not_there_are_none_at_any_depth() -> None:
    pod = Resource(POD)
    assert pod.spec.containers[0].name == "web"
    assert pod.status is None
    assert pod.at("status.phase", "Unknown") == "Unknown"
    assert pod.at("spec.containers.name") is None
    assert plain(Fields({"a": (1, Fields({"b": None}))})) == {"a": [1, {"b": None}]}
