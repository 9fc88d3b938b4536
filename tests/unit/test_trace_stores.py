"""What a node says of its CRI and of an image in its store, as its runtime's own tools tell it."""

import pytest

from labctl.errors import ToolFailed
from labctl.trace import Cri, Stored
from tests.node_recordings import (
    CONFIG,
    CONTAINERD,
    CRIO,
    CTR_IMAGES,
    CTR_SNAPSHOTS,
    DIFF_IDS,
    DOCKER,
    MANIFEST,
    NAME,
    RECORDINGS,
    RecordedNodes,
    Recording,
    store,
)

every_runtime = pytest.mark.parametrize("node", RECORDINGS, ids=lambda one: str(one.runtime))


@pytest.fixture
def nodes() -> RecordedNodes:
    return RecordedNodes()


@pytest.mark.parametrize(
    ("node", "cri"),
    [
        (CONTAINERD, Cri("containerd", "2.3.7", "unix:///run/containerd/containerd.sock")),
        (CRIO, Cri("cri-o", "1.36.3", "unix:///var/run/crio/crio.sock")),
        (DOCKER, Cri("docker", "26.1.5+dfsg1", "unix:///run/cri-dockerd.sock")),
    ],
)
def test_who_speaks_cri_and_where(nodes: RecordedNodes, node: Recording, cri: Cri) -> None:
    assert store(nodes, node).cri() == cri


@pytest.mark.parametrize(
    ("node", "manifest", "unpacked_by"),
    [
        (CONTAINERD, MANIFEST, "containerd's overlayfs snapshotter"),
        (CRIO, MANIFEST, "containers/storage, overlay"),
        (DOCKER, "", "dockerd, overlay2"),
    ],
)
def test_a_stored_image_by_the_runtimes_own_tools(
    nodes: RecordedNodes, node: Recording, manifest: str, unpacked_by: str
) -> None:
    wanted = Stored(CONFIG, manifest, DIFF_IDS, unpacked_by)
    assert store(nodes, node).stored(NAME) == wanted


@every_runtime
def test_an_image_that_a_node_does_not_have_is_not_looked_at(
    nodes: RecordedNodes, node: Recording
) -> None:
    assert store(nodes, node).stored("docker.io/library/other:1") is None


def test_layers_without_their_snapshot_are_not_unpacked_yet(nodes: RecordedNodes) -> None:
    # The layers below are there, as those of another image on the same base would be.
    above = CTR_SNAPSHOTS.splitlines()[:-1]
    command = "ctr --namespace k8s.io snapshots --snapshotter overlayfs list"
    nodes.answers[CONTAINERD.node][command] = "\n".join(above[:1] + above[2:])
    found = store(nodes, CONTAINERD).stored(NAME)
    assert found == Stored(CONFIG, MANIFEST, DIFF_IDS, "")


def test_a_name_that_ctr_does_not_list_has_no_manifest(nodes: RecordedNodes) -> None:
    command = f"ctr --namespace k8s.io images list name=={NAME}"
    nodes.answers[CONTAINERD.node][command] = CTR_IMAGES.splitlines()[0]
    found = store(nodes, CONTAINERD).stored(NAME)
    assert found is not None
    assert found.manifest_digest == ""


@every_runtime
def test_a_tool_that_fails_names_itself_and_the_node(nodes: RecordedNodes, node: Recording) -> None:
    for command in node.store:
        del nodes.answers[node.node][command]
    with pytest.raises(ToolFailed, match=rf"'(ctr|skopeo|docker)' failed on node '{node.node}'"):
        store(nodes, node).stored(NAME)
