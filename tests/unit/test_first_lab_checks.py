"""The first lab's checks against worlds made of its own manifests: solved, and wrong in known ways."""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from labctl.checks.api import NotPassed, NotYet, spec_of
from labctl.checks.views import KubeView, LabView, Recorder
from labctl.checks.views_engine import ContainerView
from labctl.checks.views_nodes import HttpAnswer, NodeImage
from labctl.errors import KubeNotFound
from labctl.resource import Fields, Resource

LAB = Path(__file__).parents[2] / "labs" / "010-serve-a-model"
IMAGE = "docker.io/library/model-server:v1"
DIGEST = "sha256:" + "d" * 64
PODS = ("pod-a", "pod-b", "pod-c")
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"first_lab_{name}", LAB / "checks" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


container_checks = load("check_container")
deployment_checks = load("check_deployment")
service_checks = load("check_service")
digest_checks = load("check_digest")


@dataclass
class FakeKube:
    """Objects by kind; selectors are not looked at."""

    objects: list[Resource]

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Resource:
        for one in self.objects:
            if (one.kind, one.name) == (kind, name):
                return one
        raise KubeNotFound(f"no {kind} {name}", names=[one.name for one in self.objects])

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
    ) -> tuple[Resource, ...]:
        return tuple(one for one in self.objects if one.kind == kind)

    def logs(
        self, pod: str, container: str, namespace: str, *, tail: int = 20, previous: bool = False
    ) -> str:
        return ""

    def events(self, about: Resource) -> tuple[Resource, ...]:
        return ()


@dataclass
class FakeNode:
    name: str = "node"
    there: dict[str, str] = field(default_factory=lambda: {IMAGE: DIGEST})
    answers: Sequence[HttpAnswer] = ()

    def image(self, reference: str) -> NodeImage | None:
        found = self.there.get(reference)
        return NodeImage(found, (reference,), ()) if found else None

    def http_get(self, url: str, *, times: int = 1) -> tuple[HttpAnswer, ...]:
        assert url == "http://10.96.0.7:80/predict?x=200"
        return tuple(self.answers[place % len(self.answers)] for place in range(times))


@dataclass
class FakeImage:
    image_id: str


@dataclass
class FakeEngine:
    digest: str | None = DIGEST
    running: tuple[ContainerView, ...] = ()
    network: str = "bridge"

    def image(self, reference: str) -> FakeImage | None:
        return FakeImage(self.digest) if self.digest else None

    def config_digest(self, reference: str) -> str | None:
        return self.digest

    def containers(self) -> tuple[ContainerView, ...]:
        return self.running

    def inspect(self, container: str) -> Fields:
        return Fields({"HostConfig": {"NetworkMode": self.network}})


def manifest(path: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((LAB / path).read_text(encoding="utf-8"))
    return document


def deployment(path: str = "solutions/default/deploy.yaml", note: str = "") -> Resource:
    document = manifest(path)
    wanted = document["spec"]["replicas"]
    document["status"] = {"replicas": wanted, "readyReplicas": wanted, "updatedReplicas": wanted}
    document["metadata"]["annotations"] = {"labctl.dev/image-id": note} if note else None
    return Resource(document)


def service(path: str = "solutions/default/one-service.yaml") -> Resource:
    document = manifest(path)
    document["spec"].setdefault("clusterIP", "10.96.0.7")
    return Resource(document)


def pod(name: str, *, ready: bool = True, started: datetime = LONG_AGO) -> Resource:
    state = {"running": {"startedAt": started.isoformat().replace("+00:00", "Z")}}
    statuses = [{"name": "model-server", "ready": ready, "state": state}]
    return Resource(
        {"kind": "Pod", "metadata": {"name": name}, "status": {"containerStatuses": statuses}}
    )


def endpoints(*pods: str) -> Resource:
    ready = [{"targetRef": {"name": name}, "conditions": {"ready": True}} for name in pods]
    away = {"targetRef": {"name": "pod-away"}, "conditions": {"ready": False}}
    return Resource(
        {"kind": "EndpointSlice", "metadata": {"name": "s"}, "endpoints": [*ready, away]}
    )


def answer(hostname: str, **other: object) -> HttpAnswer:
    body = {"hostname": hostname, "model_sha256": "m", "body_mass_g": 4143.6, **other}
    return HttpAnswer(200, json.dumps(body))


SAYING_THE_SAME = tuple(answer(name) for name in PODS)


def ask(check: Any, *objects: Resource, node: FakeNode | None = None, **given: Any) -> Any:
    """Run a check and those that it needs, as far as they belong to the same file."""
    module = sys.modules[check.__module__]
    lab = LabView("serve-a-model", "serving", (IMAGE,), ())
    offered = {
        "kube": KubeView(FakeKube(list(objects)), "serving", Recorder()),
        "nodes": [node or FakeNode(answers=SAYING_THE_SAME)],
        "engine": FakeEngine(),
        "lab": lab,
        **given,
    }

    def run(name: str) -> Any:
        function = getattr(module, name)
        spec = spec_of(function)
        assert spec is not None
        for need in spec.needs:
            if hasattr(module, need) and need not in lab.values:
                run(need)
        wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
        lab.values[name] = function(**{key: offered[key] for key in wanted})
        return lab.values[name]

    return run(check.__name__)


def code_of(check: Any, *objects: Resource, **given: Any) -> str:
    with pytest.raises(NotPassed) as raised:
        ask(check, *objects, **given)
    return raised.value.code


SOLVED = (deployment(note=DIGEST), service(), endpoints(*PODS), *map(pod, PODS))


def test_the_solved_lab_passes_every_check_in_the_cluster() -> None:
    ask(deployment_checks.pods_ready, *SOLVED)
    ask(service_checks.every_replica_answers, *SOLVED)
    ask(digest_checks.digest_noted, *SOLVED)


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (deployment_checks.deployment_exists, "deployment-missing"),
        (service_checks.service_exists, "service-missing"),
        (digest_checks.digest_noted, "deployment-missing"),
    ],
)
def test_in_an_untouched_cluster_the_first_check_of_a_step_says_what_is_missing(
    check: Any, code: str
) -> None:
    assert code_of(check) == code


@pytest.mark.parametrize(
    "name", ["one-replica", "pull-always", "wrong-tag", "selector-typo", "wrong-target-port"]
)
def test_a_mistake_in_a_manifest_is_called_by_its_code(name: str) -> None:
    expect = manifest(f"mistakes/{name}/expect.yaml")
    wrong = f"mistakes/{name}/{expect['step']}.yaml"
    deploys = expect["step"] == "deploy"
    world = (deployment(wrong), service()) if deploys else (deployment(), service(wrong))
    module = deployment_checks if deploys else service_checks
    assert code_of(getattr(module, expect["check"]), *world) == expect["code"]


def test_the_starter_as_it_is_fails_for_each_of_its_blanks() -> None:
    blank = deployment("starter/deployment.yaml")
    assert code_of(deployment_checks.image_is_on_the_nodes, blank) == "image-not-on-node"
    assert code_of(deployment_checks.replicas_wanted, blank) == "replicas-short"
    blank = service("starter/service.yaml")
    checks = service_checks
    assert code_of(checks.selector_finds_the_pods, deployment(), blank) == "selector-mismatch"
    assert code_of(checks.port_leads_to_the_server, blank) == "wrong-target-port"


def test_an_image_that_is_there_but_another_is_told_from_one_that_is_not_there() -> None:
    document = manifest("solutions/default/deploy.yaml")
    document["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
    node = FakeNode(there={IMAGE: DIGEST, "other:1": "sha256:other"})
    found = code_of(deployment_checks.image_is_on_the_nodes, Resource(document), node=node)
    assert found == "other-image"


def not_ready(started: datetime) -> tuple[Resource, ...]:
    document = dict(deployment().raw)
    document["status"] = {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 3}
    return Resource(document), pod("pod-a", ready=False, started=started)


def test_a_server_that_has_just_started_is_waited_for() -> None:
    with pytest.raises(NotYet) as raised:
        ask(deployment_checks.pods_ready, *not_ready(datetime.now(UTC)))
    assert raised.value.code == "pods-not-ready"
    assert (raised.value.expected, raised.value.actual) == (3, 2)


def test_a_server_that_runs_long_and_is_not_ready_has_a_wrong_probe() -> None:
    assert code_of(deployment_checks.pods_ready, *not_ready(LONG_AGO)) == "probe-fails"


def test_a_server_that_ends_again_and_again_is_called_so() -> None:
    crashing = dict(pod("pod-a").raw)
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    crashing["status"] = {"containerStatuses": [{"ready": False, "state": state}]}
    assert code_of(deployment_checks.pods_ready, deployment(), Resource(crashing)) == "pods-crash"


def test_a_roll_out_that_still_replaces_pods_is_waited_for() -> None:
    document = dict(deployment().raw)
    document["status"] = {"replicas": 4, "readyReplicas": 3, "updatedReplicas": 3}
    assert code_of(deployment_checks.pods_ready, Resource(document)) == "pods-not-ready"


def test_endpoints_count_only_when_they_are_ready_and_all_there() -> None:
    base = (deployment(), service())
    assert code_of(service_checks.endpoints_ready, *base, endpoints()) == "no-endpoints"
    some = endpoints("pod-a", "pod-b")
    assert code_of(service_checks.endpoints_ready, *base, some) == "endpoints-short"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (SAYING_THE_SAME[:2], "replica-silent"),
        ((*SAYING_THE_SAME, HttpAnswer(0, "")), "requests-fail"),
        ((*SAYING_THE_SAME, HttpAnswer(200, "<html>")), "requests-fail"),
        ((*SAYING_THE_SAME, HttpAnswer(200, '{"hostname": "pod-a"}')), "requests-fail"),
        ((*SAYING_THE_SAME[:2], answer("pod-c", model_sha256="n")), "answers-differ"),
        ((*SAYING_THE_SAME[:2], answer("pod-c", body_mass_g=1.0)), "answers-differ"),
    ],
)
def test_replicas_must_all_answer_and_say_the_same(
    answers: tuple[HttpAnswer, ...], code: str
) -> None:
    node = FakeNode(answers=answers)
    assert code_of(service_checks.every_replica_answers, *SOLVED, node=node) == code


def test_a_service_without_an_address_is_told_so_before_it_is_asked() -> None:
    headless = dict(service().raw)
    headless["spec"] = {**headless["spec"], "clusterIP": "None"}
    assert code_of(service_checks.service_exists, Resource(headless)) == "no-address"


@pytest.mark.parametrize(
    ("note", "node", "docker", "code"),
    [
        ("", DIGEST, DIGEST, "digest-missing"),
        ("sha256:" + "e" * 64, DIGEST, DIGEST, "digest-differs"),
        (DIGEST[:-1], DIGEST, DIGEST, "digest-differs"),
        (DIGEST, "", DIGEST, "image-not-loaded"),
        (DIGEST, "sha256:old", DIGEST, "image-differs"),
        (DIGEST, DIGEST, None, "image-not-in-docker"),
    ],
)
def test_the_note_docker_and_the_node_must_agree(
    note: str, node: str, docker: str | None, code: str
) -> None:
    found = code_of(
        digest_checks.digest_noted,
        deployment(note=note),
        node=FakeNode(there={IMAGE: node}),
        engine=FakeEngine(docker),
    )
    assert found == code


def test_the_digits_alone_are_a_good_note() -> None:
    ask(digest_checks.digest_noted, deployment(note="d" * 64))


def test_a_wrong_note_is_not_answered_with_the_right_one() -> None:
    with pytest.raises(NotPassed) as raised:
        ask(digest_checks.digest_noted, deployment(note="sha256:" + "e" * 64))
    assert raised.value.expected is None


def container(
    image_id: str, state: str, name: str = "model-server", *, ports: tuple[int, ...] = (8080,)
) -> ContainerView:
    return ContainerView(name, "some:image", image_id, state, ports, {})


@pytest.mark.parametrize(
    ("containers", "code"),
    [
        ((), "container-missing"),
        ((container("sha256:foreign", "running", "web"),), "container-missing"),
        ((container("sha256:foreign", "running"),), "wrong-image"),
        ((container(DIGEST, "exited"),), "container-exited"),
        ((container(DIGEST, "running", ports=()),), "port-not-published"),
    ],
)
def test_a_container_must_run_and_be_of_this_image(
    containers: tuple[ContainerView, ...], code: str
) -> None:
    engine = FakeEngine(running=containers)
    assert code_of(container_checks.container_runs, engine=engine) == code


def test_a_running_container_counts_whatever_its_name_and_beside_stopped_ones() -> None:
    running = (container(DIGEST, "exited"), container(DIGEST, "running", "mine"))
    ask(container_checks.container_runs, engine=FakeEngine(running=running))


def test_a_container_that_can_be_reached_counts_beside_one_that_can_not() -> None:
    running = (container(DIGEST, "running", "shut", ports=()), container(DIGEST, "running", "open"))
    ask(container_checks.container_runs, engine=FakeEngine(running=running))


def test_a_container_in_the_machines_own_network_needs_no_published_port() -> None:
    engine = FakeEngine(running=(container(DIGEST, "running", ports=()),), network="host")
    ask(container_checks.container_runs, engine=engine)


def named_port(name: str, target: str) -> tuple[Resource, Resource]:
    """The Deployment with a name for its port, and the Service that leads to a name."""
    deploy, serve = manifest("solutions/default/deploy.yaml"), service().raw
    ports = [{"name": name, "containerPort": 8080}]
    deploy["spec"]["template"]["spec"]["containers"][0]["ports"] = ports
    spec = {**serve["spec"], "ports": [{"port": 80, "targetPort": target}]}
    return Resource(deploy), Resource({**serve, "spec": spec})


def test_a_service_may_lead_to_the_servers_port_by_its_name() -> None:
    check = service_checks.port_leads_to_the_server
    ask(check, *named_port("http", "http"))
    assert code_of(check, *named_port("http", "web")) == "wrong-target-port"
