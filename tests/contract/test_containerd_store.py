"""FakeNodeStore and a real node's containerd take the same archives in the same way."""

import uuid

import pytest

from labctl.errors import ToolFailed
from labctl.ops.load import NodeStore
from labctl.tools.cri.containerd import Containerd
from labctl.tools.engine import DockerEngine
from labctl.waiting import Pending, wait_until
from tests.image_fakes import FakeImages, FakeNodeStore, Saved, layer, only

pytestmark = pytest.mark.docker


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> NodeStore:
    if request.param == "fake":
        return FakeNodeStore("fake")
    real: Containerd = request.getfixturevalue("node")
    return real


@pytest.fixture
def name() -> str:
    return f"docker.io/library/contract-{uuid.uuid4().hex[:8]}:1"


def sent(name: str, content: str) -> tuple[list[bytes], str]:
    engine = FakeImages()
    config = engine.add("app:1", layer(content))
    return list(only(engine.save(["app:1"]), name=name, config=config)), config


def seen(store: NodeStore, name: str, config: str) -> None:
    wait_until(
        lambda: store.images().get(name) == config or Pending(str(store.images().get(name))),
        what=name,
        timeout=10,
    )


def test_an_image_is_known_by_its_full_name_and_config_digest(store: NodeStore, name: str) -> None:
    chunks, config = sent(name, name)
    store.import_stream(name, iter(chunks))
    seen(store, name, config)


def test_a_name_moves_to_the_image_that_came_last(store: NodeStore, name: str) -> None:
    for content in ("old", "new"):
        chunks, config = sent(name, content)
        store.import_stream(name, iter(chunks))
        seen(store, name, config)


@pytest.mark.parametrize("left", ["half", "blobs"])
def test_a_stream_that_ends_early_leaves_no_image(store: NodeStore, name: str, left: str) -> None:
    """Cut in the middle, and right before the first of the files that make it an image."""
    chunks, _ = sent(name, "whole")
    closing = (b"index.json", b"manifest.json", b"oci-layout")
    blobs = min(number for number, chunk in enumerate(chunks) if chunk.startswith(closing))
    with pytest.raises(ToolFailed):
        store.import_stream(name, iter(chunks[: blobs if left == "blobs" else len(chunks) // 2]))
    assert name not in store.images()


def test_a_stream_that_lacks_its_last_file_is_refused_or_taken_as_a_whole(
    store: NodeStore, name: str
) -> None:
    """All blobs came: without oci-layout containerd reads Docker's manifest.json."""
    chunks, config = sent(name, "nearly whole")
    last = max(number for number, chunk in enumerate(chunks) if chunk.startswith(b"oci-layout"))
    try:
        store.import_stream(name, iter(chunks[:last]))
    except ToolFailed:
        assert name not in store.images()
    else:
        seen(store, name, config)


def test_an_image_without_one_of_its_layers_is_refused(store: NodeStore, name: str) -> None:
    made = Saved()
    manifest = made.manifest(layer(name))
    config = made.config_of(manifest)
    del made.blobs[max(made.blobs, key=lambda digest: len(made.blobs[digest]))]
    saved = made.archive(manifest)
    with pytest.raises(ToolFailed):
        store.import_stream(name, only(iter([saved]), name=name, config=config))
    assert name not in store.images()


def test_a_node_says_what_it_runs(store: NodeStore, engine: DockerEngine) -> None:
    assert store.platform() == f"linux/{engine.info().architecture}"
