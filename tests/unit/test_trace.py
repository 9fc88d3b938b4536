"""`labctl trace`: what is asked of whom, what counts as a difference, and the sentence at the end."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pytest

from labctl.errors import ApiUnreachable, LabctlError, PrerequisiteMissing, ToolFailed, UsageError
from labctl.ops.trace import trace
from labctl.trace import Cri, InEngine, OnNode, Running, Started, Stored, Trace
from tests.fakes import FakeProgress
from tests.image_fakes import FakeImages
from tests.kube_fake import FakeKube
from tests.node_recordings import CONTAINERD, PROXY, RecordedNodes, store

TAG = "app:1"
NAME = "docker.io/library/app:1"
NEW, OLD = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
IMAGE = Stored(NEW, "sha256:1", ("sha256:2", "sha256:3"), "containerd's overlayfs snapshotter")
STARTED = Started(7, "conmon", "runc", "/usr/sbin/runc", "1.1", {}, (), "/kubelet.slice", "/1/fs")
CONTAINER = Running("c1", "server", "default/app-1", NEW, STARTED)
CRUN = replace(CONTAINER, id="c2", started=replace(STARTED, oci_runtime="crun"))
ENDED = replace(CONTAINER, id="c3", started=None)


def on(node: str, stored: Stored | None = IMAGE, *running: Running, cri: str = "cri-o") -> OnNode:
    return OnNode(node, Cri(cri, "1.36.3", "unix:///var/run/crio/crio.sock"), stored, running)


def found(*nodes: OnNode, engine: Stored | None = IMAGE) -> Trace:
    return Trace(NAME, InEngine("28.5.2", engine), nodes)


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (on("n1", None), "'n1' does not have it"),
        (
            on("n1", replace(IMAGE, config_digest=OLD, diff_ids=())),
            "'n1' has bbbbbbbbbbbb under that name, not aaaaaaaaaaaa",
        ),
        (on("n1", replace(IMAGE, diff_ids=IMAGE.diff_ids[:1])), "the layers on 'n1' are others"),
        (
            on("n1", IMAGE, CRUN, replace(CONTAINER, config_digest=OLD)),
            "container 'server' of Pod 'default/app-1' on 'n1' runs bbbbbbbbbbbb, not aaaaaaaaaaaa",
        ),
    ],
)
def test_a_difference_is_told_with_its_place(node: OnNode, wanted: str) -> None:
    one = found(on("n0"), node)
    assert (one.identical, one.differences) == (False, (wanted,))
    assert one.sentence == f"Not identical: {wanted}."


def test_all_differences_are_told() -> None:
    old = replace(CONTAINER, config_digest=OLD)
    one = found(on("n1", None, old), on("n2", replace(IMAGE, config_digest=OLD)))
    assert [text.split()[0] for text in one.differences] == ["'n1'", "container", "'n2'"]
    assert one.sentence == f"Not identical: {'; '.join(one.differences)}."


def test_what_is_the_stores_own_makes_no_difference() -> None:
    """Docker's store keeps no manifest, and containerd may not have unpacked it yet."""
    docker = replace(IMAGE, manifest_digest="", unpacked_by="dockerd, overlay2")
    assert found(on("n1"), on("n2", replace(IMAGE, unpacked_by="")), engine=docker).identical


def test_an_image_that_is_nowhere_is_not_identical() -> None:
    assert found(on("n1", None), engine=None).sentence == "Not identical: it is nowhere."


@pytest.mark.parametrize(
    ("one", "end"),
    [
        (found(on("n1")), "in the engine and on 1 node (cri-o), and no container runs it."),
        (
            found(on("n1", IMAGE, CONTAINER)),
            "in the engine and on 1 node (cri-o), and 1 container runs it by runc.",
        ),
        (
            found(on("n1", IMAGE, CRUN), on("n2", IMAGE, CONTAINER, CONTAINER)),
            "in the engine and on 2 nodes (cri-o), and 3 containers run it by crun and runc.",
        ),
        (
            found(on("n1", cri="docker"), on("n2"), on("n3", cri="docker"), engine=None),
            "on 3 nodes (docker, cri-o), and no container runs it.",
        ),
        (
            found(on("n1", IMAGE, ENDED)),
            "in the engine and on 1 node (cri-o), and 1 container runs it.",
        ),
        (
            found(on("n1", IMAGE, replace(CONTAINER, started=replace(STARTED, oci_runtime="")))),
            "in the engine and on 1 node (cri-o), and 1 container runs it.",
        ),
    ],
)
def test_the_sentence_counts_in_good_grammar(one: Trace, end: str) -> None:
    assert one.sentence == f"Identical: one image, aaaaaaaaaaaa, {end}"


def test_without_the_engines_image_the_first_nodes_is_compared_with() -> None:
    first, second = (replace(IMAGE, config_digest=one) for one in (OLD, NEW))
    one = found(on("n0", None), on("n1", first), on("n2", second), engine=None)
    assert one.reference == first
    assert one.differences == (
        "'n0' does not have it",
        "'n2' has aaaaaaaaaaaa under that name, not bbbbbbbbbbbb",
    )
    assert found(on("n1", first)).reference == IMAGE


@dataclass
class FakeNode:
    """A node that has images by name, and containers."""

    node: str
    held: dict[str, Stored]
    containers: tuple[Running, ...] = ()

    def cri(self) -> Cri:
        return Cri("containerd", "2.3.7", "unix:///run/containerd/containerd.sock")

    def stored(self, name: str) -> Stored | None:
        return self.held.get(name)

    def running(self, *, digests: Collection[str], ids: Collection[str]) -> tuple[Running, ...]:
        return tuple(
            one for one in self.containers if one.config_digest in digests or one.id in ids
        )


def test_the_fake_node_picks_containers_as_a_real_one_does() -> None:
    real = store(RecordedNodes(), CONTAINERD)
    everything = real.running(digests=(), ids=[CONTAINERD.row["id"], CONTAINERD.proxy["id"]])
    fake = FakeNode("n1", {}, everything)
    for digests, ids in (
        ((), ()),
        ((f"sha256:{PROXY}",), ()),
        ((), (CONTAINERD.row["id"],)),
        ((f"sha256:{PROXY}",), (CONTAINERD.row["id"],)),
    ):
        assert fake.running(digests=digests, ids=ids) == real.running(digests=digests, ids=ids)
    assert len(everything) == 2


def pod(image: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app-1", "namespace": "serving"},
        "spec": {
            "containers": [{"name": "side", "image": "x:1"}, {"name": "server", "image": image}]
        },
        "status": {
            "containerStatuses": [
                {"name": "server", "containerID": "containerd://c1"},
                {"name": "side", "containerID": "containerd://side"},
            ]
        },
        **more,
    }


class Setting:
    """An engine with the image, a node with it, and an API server."""

    def __init__(self, *, containerd_store: bool = False) -> None:
        self.engine = FakeImages(containerd_store=containerd_store)
        self.config = self.engine.add(TAG)
        self.image = replace(
            IMAGE, config_digest=self.config, diff_ids=self.engine.stored[TAG].diff_ids
        )
        old = replace(CONTAINER, config_digest=OLD)
        self.node = FakeNode("n1", {NAME: self.image}, (old, replace(old, id="side")))
        self.kube = FakeKube()
        self.progress = FakeProgress()

    def trace(self, reference: str = TAG) -> Trace:
        return trace(self.engine, [self.node], lambda: self.kube, reference, progress=self.progress)


@pytest.mark.parametrize("containerd_store", [False, True])
def test_the_engines_image_is_known_by_its_config_digest_in_either_store(
    containerd_store: bool,
) -> None:
    setting = Setting(containerd_store=containerd_store)
    one = setting.trace()
    image_id = setting.engine.stored[TAG].image_id
    assert (one.name, one.identical) == (NAME, True)
    assert (image_id != setting.config) == containerd_store
    driver = "overlayfs" if containerd_store else "overlay2"
    assert one.engine == InEngine(
        "28.5.2",
        replace(
            setting.image,
            manifest_digest=image_id if containerd_store else "",
            unpacked_by=f"dockerd, {driver}",
        ),
    )


def test_a_container_whose_pod_asks_for_the_name_counts_with_an_older_image() -> None:
    setting = Setting()
    assert setting.trace().nodes[0].running == ()
    setting.kube.apply([pod("app:1")])
    one = setting.trace()
    assert [container.id for container in one.nodes[0].running] == ["c1"]
    assert "container 'server' of Pod 'default/app-1' on 'n1' runs bbbbbbbbbbbb" in one.sentence


@pytest.mark.parametrize(
    "other",
    [
        pod("app:2"),
        pod(f"app@sha256:{'a' * 64}"),
        pod("No Name"),
        pod("app:1", status={"containerStatuses": [{"name": "server"}]}),
        pod("app:1", status={}),
    ],
)
def test_other_pods_do_not_count(other: dict[str, Any]) -> None:
    setting = Setting()
    setting.kube.apply([other])
    assert setting.trace().identical


@pytest.mark.parametrize("error", [ApiUnreachable("away"), PrerequisiteMissing("no kubeconfig")])
def test_without_the_api_server_it_says_what_is_not_seen(error: LabctlError) -> None:
    setting = Setting()

    def away() -> NoReturn:
        raise error

    one = trace(setting.engine, [setting.node], away, TAG, progress=setting.progress)
    assert one.identical
    assert "older image of that name are not seen" in setting.progress.said[-1]


def test_an_image_that_only_a_node_has_is_traced() -> None:
    setting = Setting()
    setting.node.held["docker.io/library/other:1"] = replace(IMAGE, config_digest=NEW)
    setting.node.containers = (CONTAINER,)
    one = setting.trace("other:1")
    assert (one.engine.stored, one.identical) == (None, True)
    assert one.nodes[0].running == (CONTAINER,)


def test_an_image_that_is_nowhere_is_a_missing_prerequisite_with_the_closest_name() -> None:
    with pytest.raises(PrerequisiteMissing, match="no image 'ap:1'") as caught:
        Setting().trace("ap:1")
    assert caught.value.hint == "Did you mean app:1?"


def test_what_is_no_name_is_refused_before_anything_is_asked() -> None:
    setting = Setting()
    with pytest.raises(UsageError, match="'a b' is not the name of an image"):
        setting.trace("a b")
    assert setting.progress.said == []


@pytest.mark.parametrize(
    ("tags", "hint"),
    [
        ((TAG,), "Give its name: labctl trace app:1"),
        ((), "Give it a name that Pods can use: docker tag aaaa app:1"),
    ],
)
def test_an_id_is_refused_for_no_node_knows_it(tags: tuple[str, ...], hint: str) -> None:
    setting = Setting()
    setting.engine.stored["aaaa"] = replace(setting.engine.stored[TAG], tags=tags)
    with pytest.raises(UsageError, match="'aaaa' is an image's id, not its name") as caught:
        setting.trace("aaaa")
    assert caught.value.hint == hint


@pytest.mark.parametrize("question", ["cri", "stored", "running"])
def test_a_node_that_can_not_be_read_is_the_tools_error(question: str) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise ToolFailed("'crictl' failed on node 'n1': gone")

    setting = Setting()
    setattr(setting.node, question, fails)
    with pytest.raises(ToolFailed, match="on node 'n1': gone"):
        setting.trace()
