"""FakeEngine and the real engine answer the same."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import KIND_CLUSTER, LABEL_CLUSTER, Node
from labctl.nodeimage.recipe import BASE
from labctl.ops.ports import Engine
from labctl.tools.engine import DockerEngine
from tests.fakes import FakeEngine, node_image

pytestmark = pytest.mark.docker


@dataclass
class Subject:
    """An engine with one container of a kind cluster on it."""

    engine: Engine
    name: str

    @property
    def container(self) -> str:
        return f"{self.name}-control-plane"

    @property
    def label(self) -> str:
        return f"{LABEL_CLUSTER}={self.name}"


def _fake(name: str) -> Iterator[FakeEngine]:
    labels = {KIND_CLUSTER: name, LABEL_CLUSTER: name}
    node = Node(f"{name}-control-plane", "", False, "created", BASE, labels)
    yield FakeEngine(rows=[node], stored={BASE: replace(node_image(BASE), labels={})})


def _real(name: str) -> Iterator[DockerEngine]:
    labels = ["--label", f"{KIND_CLUSTER}={name}", "--label", f"{LABEL_CLUSTER}={name}"]
    container = f"{name}-control-plane"
    subprocess.run(
        ["docker", "create", "--name", container, *labels, BASE, "sleep", "60"],
        check=True,
        capture_output=True,
    )
    yield DockerEngine(os.environ)
    subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)
    for left in (["rmi", "--force", f"labctl/cluster:{name}"], ["network", "rm", name]):
        subprocess.run(["docker", *left], capture_output=True, check=False)


@pytest.fixture(params=[_fake, _real], ids=["fake", "real"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    name = f"test-{secrets.token_hex(3)}"
    for engine in request.param(name):
        yield Subject(engine, name)


def test_a_node_is_found_by_kinds_label_whether_it_runs_or_not(subject: Subject) -> None:
    node = next(node for node in subject.engine.nodes() if node.name == subject.container)
    assert (node.kind_cluster, node.running) == (subject.name, False)
    subject.engine.start(subject.container)
    node = next(node for node in subject.engine.nodes() if node.name == subject.container)
    assert (node.running, node.state) == (True, "running")
    assert subject.engine.started_at(subject.container).tzinfo


def test_a_file_comes_back_as_it_was_put(subject: Subject) -> None:
    assert subject.engine.get_file(subject.container, "/etc/mark") is None
    subject.engine.put_file(subject.container, "/etc/mark", b"\0x\n")
    assert subject.engine.get_file(subject.container, "/etc/mark") == b"\0x\n"


def test_containers_go_by_label_and_only_those(subject: Subject) -> None:
    assert subject.engine.remove_containers(f"{LABEL_CLUSTER}=another-{subject.name}") == ()
    assert subject.engine.remove_containers(subject.label) == (subject.container,)
    assert subject.engine.remove_containers(subject.label) == ()


def test_containers_with_the_other_label_stay(subject: Subject) -> None:
    kept = subject.engine.remove_containers(f"{KIND_CLUSTER}={subject.name}", without=LABEL_CLUSTER)
    assert kept == ()
    assert subject.container in [node.name for node in subject.engine.nodes()]


def test_a_derived_image_has_both_images_labels_and_can_be_untagged(subject: Subject) -> None:
    target = f"labctl/cluster:{subject.name}"
    labels = {LABEL_CLUSTER: subject.name}
    subject.engine.derive(BASE, target, labels=labels, files={"/etc/mark": b"x"})
    image = subject.engine.image(target)
    assert image
    assert image.tags == (target,)
    assert image.labels[LABEL_CLUSTER] == subject.name
    assert target in {tag for one in subject.engine.images(subject.label) for tag in one.tags}
    subject.engine.untag(target)
    assert subject.engine.image(target) is None
    subject.engine.untag(target)


def test_deriving_from_nothing_is_a_failure(subject: Subject) -> None:
    with pytest.raises(ToolFailed):
        subject.engine.derive("labctl/no-such:image", "labctl/cluster:x", labels={}, files={})


def test_a_network_is_made_once_and_removed_by_its_label(subject: Subject) -> None:
    for _ in range(2):
        subject.engine.create_network(subject.name, labels={LABEL_CLUSTER: subject.name})
    assert not subject.engine.remove_network(subject.name, label="dev.labctl.other")
    subject.engine.remove_containers(subject.label)
    assert subject.engine.remove_network(subject.name, label=subject.label)
    assert not subject.engine.remove_network(subject.name, label=subject.label)


def test_a_network_that_several_make_at_once_is_there_once(subject: Subject) -> None:
    def make(_: int) -> None:
        subject.engine.create_network(subject.name, labels={LABEL_CLUSTER: subject.name})

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(make, range(8)))
    subject.engine.remove_containers(subject.label)
    assert subject.engine.remove_network(subject.name, label=subject.label)
    assert not subject.engine.remove_network(subject.name, label=subject.label)


def test_no_engine_is_a_missing_prerequisite() -> None:
    for engine in (FakeEngine(alive=False), DockerEngine({"DOCKER_HOST": "unix:///nowhere.sock"})):
        with pytest.raises(PrerequisiteMissing, match="does not answer"):
            engine.nodes()
