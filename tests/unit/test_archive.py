import io
import json
import tarfile
import tracemalloc
from collections.abc import Iterator
from itertools import count

import pytest

from labctl import archive
from labctl.errors import ToolFailed
from labctl.model import Runtime
from tests.image_fakes import FakeImages, FakeNodeStore, Saved, digest, layer, only

NAME = "docker.io/library/app:1"


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def files(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}


def path_of(named: str) -> str:
    return f"blobs/{named.replace(':', '/')}"


@pytest.mark.parametrize("size", [1, 511, 4096, 1 << 20])
@pytest.mark.parametrize("containerd_store", [False, True])
def test_only_gives_one_named_image_from_either_store(size: int, containerd_store: bool) -> None:
    engine = FakeImages(containerd_store)
    config = engine.add("app:1", layer("one"), layer("two"))
    made = only(pieces(engine.archive("app:1"), size), name=NAME, config=config)
    found = files(b"".join(made))
    manifests = json.loads(found["index.json"])["manifests"]
    assert [manifest["annotations"] for manifest in manifests] == [
        {"io.containerd.image.name": NAME, "org.opencontainers.image.ref.name": "1"}
    ]


@pytest.mark.parametrize("containerd_store", [False, True])
def test_the_docker_engine_reads_it_by_manifest_json(containerd_store: bool) -> None:
    engine = FakeImages(containerd_store)
    config = engine.add("app:1", layer("one"), layer("two"))
    found = files(b"".join(only(engine.save(["app:1"]), name=NAME, config=config)))
    assert json.loads(found["manifest.json"]) == [
        {
            "Config": path_of(config),
            "RepoTags": [NAME],
            "Layers": [path_of(digest(layer(text))) for text in ("one", "two")],
        }
    ]


@pytest.mark.parametrize("runtime", Runtime)
@pytest.mark.parametrize("containerd_store", [False, True])
def test_every_runtime_finds_the_image_under_its_name(
    runtime: Runtime, containerd_store: bool
) -> None:
    engine = FakeImages(containerd_store)
    config = engine.add("app:1", layer("one"), layer("two"))
    node = FakeNodeStore("n", runtime=runtime)
    node.import_stream(NAME, only(engine.save(["app:1"]), name=NAME, config=config))
    assert node.held == {NAME: config}


def test_blobs_are_passed_on_byte_by_byte() -> None:
    made = Saved()
    large = layer("x" * (3 << 20))
    manifest = made.manifest(large, b"odd")
    config = made.config_of(manifest)
    saved = made.archive(manifest)
    found = files(b"".join(only(pieces(saved, 1000), name=NAME, config=config)))
    for content in (large, b"odd"):
        assert found[path_of(digest(content))] == content


def test_what_says_that_an_image_is_whole_comes_last() -> None:
    engine = FakeImages()
    config = engine.add("app:1")
    made = b"".join(only(engine.save(["app:1"]), name=NAME, config=config))
    last = list(files(made))[-3:]
    assert set(last) == {"index.json", "manifest.json", "oci-layout"}


def test_a_broken_off_archive_is_an_error_and_never_ends_well() -> None:
    engine = FakeImages()
    config = engine.add("app:1")
    saved = engine.archive("app:1")
    index = saved.index(b"index.json")
    for cut in (100, 600, 2000, index - 512, index + 100):
        given: list[bytes] = []
        with pytest.raises(ToolFailed):
            given.extend(only(iter([saved[:cut]]), name=NAME, config=config))
        assert b"oci-layout" not in b"".join(given)


def test_bytes_that_are_no_archive_are_an_error() -> None:
    with pytest.raises(ToolFailed, match="damaged"):
        list(only(iter([b"no tar " * 300]), name=NAME, config="sha256:1"))


def test_an_image_that_changed_meanwhile_is_not_sent_as_the_wanted_one() -> None:
    engine = FakeImages()
    engine.add("app:1")
    with pytest.raises(ToolFailed, match="sha256:gone"):
        list(only(engine.save(["app:1"]), name=NAME, config="sha256:gone"))


def test_an_archive_without_index_names_the_engine_that_would_write_one() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w"):
        pass
    with pytest.raises(ToolFailed, match=r"no index\.json") as caught:
        list(only(iter([buffer.getvalue()]), name=NAME, config="sha256:1"))
    assert "25" in caught.value.hint


def test_an_image_is_found_behind_an_index_with_attestations() -> None:
    engine = FakeImages(containerd_store=True)
    config = engine.add("app:1")
    image_id = engine.stored["app:1"].image_id
    found = archive.find(engine.save(["app:1"]), image_id=image_id, platform="linux/amd64")
    assert found.config == config != image_id
    assert found.blobs == engine.stored["app:1"].diff_ids


def test_an_image_of_a_plain_manifest() -> None:
    made = Saved()
    manifest = made.manifest(layer())
    found = archive.find(
        iter([made.archive(manifest)]), image_id=manifest["digest"], platform="linux/amd64"
    )
    assert found.config == made.config_of(manifest)


def test_an_image_for_another_platform_is_an_error() -> None:
    engine = FakeImages(containerd_store=True)
    engine.add("app:1")
    image_id = engine.stored["app:1"].image_id
    with pytest.raises(ToolFailed, match="linux/riscv64"):
        archive.find(engine.save(["app:1"]), image_id=image_id, platform="linux/riscv64")


def test_looking_for_an_image_reads_no_further_than_it_must() -> None:
    # Blobs lie in the order of their digests: find a layer that comes after its manifest.
    for number in count():
        made = Saved()
        manifest = made.manifest(layer(f"{number}" * (2 << 20)))
        if sorted(made.blobs, key=lambda name: len(made.blobs[name]))[-1] == max(made.blobs):
            break
    chunks = pieces(made.archive(manifest), 64 << 10)
    archive.find(chunks, image_id=manifest["digest"], platform="linux/amd64")
    assert sum(len(chunk) for chunk in chunks) > 512 << 10


@pytest.mark.parametrize("read", ["saved", "find"])
def test_a_large_layer_is_never_held_in_memory(read: str) -> None:
    made = Saved()
    manifest = made.manifest(layer())
    config = made.config_of(manifest)
    rest = made.archive(manifest)

    def saved() -> Iterator[bytes]:
        header = tarfile.TarInfo("blobs/sha256/0")
        header.size = 64 << 20
        yield header.tobuf()
        for _ in range(64):
            yield bytes(1 << 20)
        yield rest

    tracemalloc.start()
    try:
        if read == "saved":
            sent = sum(len(chunk) for chunk in only(saved(), name=NAME, config=config))
            assert sent > 64 << 20
        else:
            found = archive.find(saved(), image_id=manifest["digest"], platform="linux/amd64")
            assert found.config == config
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
