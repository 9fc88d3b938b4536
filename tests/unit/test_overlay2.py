"""Layers from an engine's overlay2 store, here made by hand as the engine lays it out."""

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl import overlay2
from labctl.archive import chain_ids
from labctl.errors import StoreUnreadable
from labctl.model import ImageInfo
from labctl.tools.engine_layers import open_here
from tests.image_fakes import digest

LARGE = bytes(range(256)) * 10_000


def tar(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        folder = tarfile.TarInfo("dir")
        folder.type = tarfile.DIRTYPE
        made.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(f"./dir/{name}")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Store:
    """The folders of an engine that has one image."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.chains: list[str] = []

    def image(self, *layers: bytes) -> ImageInfo:
        diff_ids = tuple(digest(one) for one in layers)
        for chain, layer in zip(chain_ids(diff_ids), layers, strict=True):
            self._layer(chain, layer)
        config = json.dumps({"rootfs": {"diff_ids": diff_ids}}).encode()
        folder = self.root / "image/overlay2/imagedb/content/sha256"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / digest(config).removeprefix("sha256:")).write_bytes(config)
        return ImageInfo(digest(config), ("app:1",), diff_ids, "linux", "amd64", 1, None)

    def about(self, chain: str) -> Path:
        return self.root / "image/overlay2/layerdb/sha256" / chain.removeprefix("sha256:")

    def files(self, chain: str) -> Path:
        return self.root / "overlay2" / chain[7:19] / "diff"

    def _layer(self, chain: str, layer: bytes) -> None:
        self.chains.append(chain)
        about, files = self.about(chain), self.files(chain)
        about.mkdir(parents=True)
        files.mkdir(parents=True)
        (about / "diff").write_text(digest(layer))
        (about / "cache-id").write_text(chain[7:19])
        rows: list[dict[str, object]] = []
        at = 0
        with tarfile.open(fileobj=io.BytesIO(layer)) as made:
            for member in made:
                head = layer[at : member.offset_data]
                rows.append({"type": 2, "payload": base64.b64encode(head).decode()})
                row = {"type": 1, "name": member.name, "payload": "AAAAAAAAAAA="}
                rows.append(row | ({"size": member.size} if member.size else {}))
                at = member.offset_data + member.size
                if member.isfile():
                    path = files / member.name
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(layer[member.offset_data : at])
        rows.append({"type": 2, "payload": base64.b64encode(layer[at:]).decode()})
        with gzip.open(about / "tar-split.json.gz", "wt") as file:
            file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "docker")


LAYERS = (tar(one=b"1", empty=b""), tar(two=LARGE), tar(one=b"1", empty=b""))


def test_a_layer_comes_out_byte_for_byte(store: Store) -> None:
    store.image(*LAYERS)
    read = [overlay2.Layer(store.root, chain) for chain in store.chains]
    assert [b"".join(one.tar()) for one in read] == list(LAYERS)
    assert [one.size() for one in read] == [len(one) for one in LAYERS]
    assert max(len(chunk) for chunk in read[1].tar()) < 2 * overlay2.CHUNK


def test_the_wanted_layers_are_opened_once_each_and_all_are_measured(store: Store) -> None:
    image = store.image(*LAYERS)
    opened = open_here(store.root, image, {digest(LAYERS[0])})
    assert digest(opened.config) == image.image_id
    assert opened.sizes == {digest(one): len(one) for one in LAYERS}
    assert [(part.digest, b"".join(part.chunks)) for part in opened.parts] == [
        (digest(LAYERS[0]), LAYERS[0])
    ]


def _changed(store: Store) -> None:
    (store.files(store.chains[1]) / "dir/two").write_bytes(LARGE[::-1])


def _shorter(store: Store) -> None:
    (store.files(store.chains[1]) / "dir/two").write_bytes(LARGE[1:])


def _gone(store: Store) -> None:
    (store.files(store.chains[1]) / "dir/two").unlink()


def _points_out(store: Store) -> None:
    elsewhere = store.root / "two"
    elsewhere.write_bytes(LARGE)
    (store.files(store.chains[1]) / "dir/two").unlink()
    (store.files(store.chains[1]) / "dir/two").symlink_to(elsewhere)


def _no_split(store: Store) -> None:
    (store.about(store.chains[1]) / "tar-split.json.gz").write_bytes(b"not gzip")


@pytest.mark.parametrize("harm", [_changed, _shorter, _gone, _points_out, _no_split])
def test_a_damaged_layer_is_told(store: Store, harm: Callable[[Store], None]) -> None:
    image = store.image(*LAYERS)
    harm(store)
    with pytest.raises(StoreUnreadable):
        _read_all(store.root, image)


def _read_all(root: Path, image: ImageInfo) -> None:
    for part in open_here(root, image, image.diff_ids).parts:
        list(part.chunks)


def test_a_store_that_is_not_there_is_told(tmp_path: Path) -> None:
    image = ImageInfo("sha256:1", (), ("sha256:2",), "linux", "amd64", 1, None)
    with pytest.raises(StoreUnreadable, match="No such file"):
        open_here(tmp_path, image, {"sha256:2"})


def test_a_configuration_with_another_digest_is_told(store: Store) -> None:
    image = store.image(*LAYERS)
    folder = store.root / "image/overlay2/imagedb/content/sha256"
    (folder / image.image_id.removeprefix("sha256:")).write_bytes(b"{}")
    with pytest.raises(StoreUnreadable, match="not what its digest says"):
        open_here(store.root, image, set())
