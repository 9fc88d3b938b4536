"""A historic node as its own Docker Engine shows it: nothing there speaks a CRI that crictl knows."""

import json
from operator import methodcaller
from typing import Any

import pytest

from labctl.errors import ToolFailed
from labctl.model import LABEL_RUNTIME, Node, Runtime
from labctl.tools.cri import node_store
from labctl.tools.cri.node import NodeStore
from labctl.trace import Cri, Running, Stored
from tests.node_recordings import (
    CONFIG,
    DIFF_IDS,
    DOCKER,
    DOCKER_IMAGE,
    ID,
    NAME,
    PROXY,
    RecordedNodes,
)

NODE = "labctl-history-worker"
PAUSE = f"sha256:{'221177c6':0<64}"
LIST = "docker image list --no-trunc --format json"
PS = "docker ps --quiet --no-trunc --filter label=io.kubernetes.pod.name"


def listed(repository: str, tag: str, image_id: str) -> str:
    """A line of `docker image list`, which writes `<` as Go's JSON does."""
    row = {"Digest": "<none>", "ID": image_id, "Repository": repository, "Tag": tag}
    return json.dumps(row).replace("<", r"\u003c").replace(">", r"\u003e") + "\n"


def container(
    one: str, pod: str, *, image: str = CONFIG, name: str = "model-server", pid: int = 0
) -> dict[str, Any]:
    """A container in `docker inspect`, named as the dockershim named them."""
    labels = {
        "io.kubernetes.container.name": name,
        "io.kubernetes.docker.type": "podsandbox" if name == "POD" else "container",
        "io.kubernetes.pod.name": pod,
        "io.kubernetes.pod.namespace": "serving",
    }
    state = {"Status": "running" if pid else "exited", "Pid": pid}
    return {"Id": one, "Image": image, "State": state, "Config": {"Labels": labels}}


def historic(*rows: dict[str, Any], images: str = "") -> RecordedNodes:
    """The worker with these containers and images."""
    ids = [row["Id"] for row in rows]
    looks = {
        f"look {row['State']['Pid']} {row['Id']}": f"self python3\nparent conmon\n{DOCKER.look}"
        for row in rows
        if row["State"]["Pid"]
    }
    answers = {
        LIST: images,
        f"docker image inspect {NAME}": DOCKER_IMAGE,
        "kubelet --version": "Kubernetes v1.23.17\n",
        "docker version --format {{.Server.Version}}": "26.1.5+dfsg1\n",
        PS: "".join(f"{one}\n" for one in ids),
        **looks,
    }
    for one, row in zip(ids, rows, strict=True):
        answers[f"docker inspect {one}"] = json.dumps([row])
    return RecordedNodes({NODE: answers})


def store(nodes: RecordedNodes) -> NodeStore:
    labels = {LABEL_RUNTIME: str(Runtime.DOCKERSHIM)}
    return node_store(nodes, Node(NODE, "worker", True, "running", "image", labels))


def test_images_have_their_full_names_and_those_without_a_name_are_passed_over() -> None:
    images = (
        listed("model-server", "v1", CONFIG)
        + listed("registry.k8s.io/pause", "3.7", PAUSE)
        + listed("model-server", "<none>", "sha256:1")
        + listed("<none>", "<none>", "sha256:2")
        + listed("me/app", "1", CONFIG)
    )
    assert store(historic(images=images)).images() == {
        NAME: CONFIG,
        "registry.k8s.io/pause:3.7": PAUSE,
        "docker.io/me/app:1": CONFIG,
    }


def test_a_node_without_images_has_none() -> None:
    assert store(historic()).images() == {}


def test_an_image_in_the_store_is_that_of_the_nodes_engine() -> None:
    nodes = historic(images=listed("model-server", "v1", CONFIG))
    wanted = Stored(CONFIG, "", DIFF_IDS, "dockerd, overlay2")
    assert store(nodes).stored(NAME) == wanted
    assert store(nodes).stored("docker.io/library/other:1") is None


def test_the_kubelet_is_who_speaks_cri() -> None:
    version = "1.23.17 (Docker Engine 26.1.5+dfsg1)"
    assert store(historic()).cri() == Cri("dockershim", version, "in the kubelet's process")


def test_a_container_with_the_process_behind_it() -> None:
    one = ID[Runtime.DOCKER]
    found = store(historic(container(one, "a-1", pid=DOCKER.pid))).running(digests={CONFIG}, ids=())
    started = found[0].started
    assert started is not None
    assert found == (Running(one, "model-server", "serving/a-1", CONFIG, started),)
    assert (started.pid, started.oci_runtime) == (DOCKER.pid, "runc")
    assert started.cgroup.endswith(f"/docker-{one}.scope")


def test_sandboxes_are_left_out_whoever_asks_for_them() -> None:
    sandbox = container("s1", "a-1", image=PAUSE, name="POD", pid=7)
    nodes = historic(sandbox, container("c1", "a-1", pid=8))
    found = store(nodes).running(digests={CONFIG, PAUSE}, ids={"s1"})
    assert [one.id for one in found] == ["c1"]


def test_a_container_of_another_image_counts_if_its_pod_asks_for_the_name() -> None:
    other = container("c2", "b-1", image=f"sha256:{PROXY}", name="proxy", pid=9)
    nodes = historic(other, container("c1", "a-1", pid=8))
    (found,) = store(nodes).running(digests={CONFIG}, ids=())
    assert found.id == "c1"
    found, second = store(nodes).running(digests={CONFIG}, ids={"c2"})
    assert (found.id, second.id) == ("c1", "c2")
    assert (second.name, second.config_digest) == ("proxy", f"sha256:{PROXY}")


def test_containers_are_in_the_order_of_their_pods_and_names() -> None:
    nodes = historic(
        container("c1", "b-1", pid=7),
        container("c2", "a-1", name="web", pid=8),
        container("c3", "a-1", name="log", pid=9),
    )
    found = store(nodes).running(digests={CONFIG}, ids=())
    assert [one.id for one in found] == ["c3", "c2", "c1"]


@pytest.mark.parametrize("pid", [0, 8])
def test_a_container_that_ended_while_it_was_looked_at_has_no_process(pid: int) -> None:
    nodes = historic(container("c1", "a-1", pid=pid))
    nodes.answers[NODE].pop("look 8 c1", None)
    (found,) = store(nodes).running(digests={CONFIG}, ids=())
    assert (found.id, found.started) == ("c1", None)


def test_a_node_without_pods_is_asked_for_no_container() -> None:
    assert store(historic()).running(digests={CONFIG}, ids=()) == ()


@pytest.mark.parametrize(
    ("command", "question"),
    [
        (LIST, methodcaller("images")),
        ("kubelet --version", methodcaller("cri")),
        (PS, methodcaller("running", digests=(), ids=())),
    ],
)
def test_what_can_not_be_asked_names_itself_and_the_node(
    command: str, question: methodcaller
) -> None:
    nodes = historic()
    del nodes.answers[NODE][command]
    program = command.partition(" ")[0]
    with pytest.raises(ToolFailed, match=f"'{program}' failed on node '{NODE}': no such thing"):
        question(store(nodes))


def test_a_container_that_is_gone_before_it_is_inspected_is_passed_over() -> None:
    nodes = historic(container("c1", "a-1", pid=7), container("c2", "b-1", pid=8))
    del nodes.answers[NODE]["docker inspect c1"]
    assert [one.id for one in store(nodes).running(digests={CONFIG}, ids=())] == ["c2"]
