"""What FakeImages saves, a real engine takes in, and calls by the same id."""

import io
import os
import tarfile
import uuid
from collections.abc import Iterable

import pytest

from labctl.archive import Opened, Piece
from labctl.errors import StoreUnreadable
from labctl.ops.load_source import Engine, contents, from_save, from_store
from labctl.tools import engine_layers
from labctl.tools.engine import DockerEngine
from tests.image_fakes import FakeImages, digest, layer, plain

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("containerd", [False, True])
def test_a_faked_image_is_the_same_image_in_a_real_engine(
    containerd: bool, request: pytest.FixtureRequest
) -> None:
    environ = request.getfixturevalue("containerd_store") if containerd else dict(os.environ)
    engine = DockerEngine(environ)
    try:
        if engine.info().containerd_store != containerd:
            pytest.skip("this engine has the other store")
        tag = f"docker.io/library/fake-{uuid.uuid4().hex[:8]}:1"
        fake = FakeImages(containerd)
        fake.add(tag)
        engine.load(fake.save([tag]))
        assert _digests(engine, tag) == _digests(fake, tag)
        engine.untag(tag)
        assert engine.image(tag) is None
    finally:
        engine.api.close()


@pytest.mark.parametrize("by_container", [False, True])
def test_the_engines_own_store_gives_the_archive_that_docker_save_gives(
    by_container: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DockerEngine(dict(os.environ))
    tag = f"docker.io/library/fake-{uuid.uuid4().hex[:8]}:1"
    fake = FakeImages()
    fake.add(tag, layer("one"), layer("two"), layer("one"))
    try:
        engine.load(fake.save([tag]))
        image = engine.image(tag)
        assert image
        what = contents(engine, tag, image)
        wanted = {one.digest for one in what.layers}
        if by_container:
            monkeypatch.setattr(engine_layers, "open_here", _may_not)
        try:
            store = _files(from_store(engine, what, wanted))
        except StoreUnreadable as err:
            pytest.skip(err.message)
        # `docker save` adds a document for each layer that only engines before 2016 read.
        assert store.items() <= _files(from_save(engine, what, wanted)).items()
        upper = {digest(layer("two"))}
        store = _files(from_store(engine, what, upper))
        assert store.items() <= _files(from_save(engine, what, upper)).items()
        assert f"blobs/sha256/{digest(layer('one')).removeprefix('sha256:')}" not in store
    finally:
        engine.untag(tag)
        engine.api.close()


def _may_not(*_: object) -> Opened:
    raise StoreUnreadable("Permission denied")


def _files(pieces: Iterable[Piece]) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(plain(pieces)))) as archive:
        return {
            member.name: (archive.extractfile(member) or io.BytesIO()).read() for member in archive
        }


def _digests(engine: Engine, tag: str) -> tuple[str, str]:
    image = engine.image(tag)
    assert image
    return image.image_id, contents(engine, tag, image).config_digest
