"""Image layers read from the Docker Engine's own overlay2 store, byte for byte as they were made.

`docker save` copies all layers of an image to a temporary folder before it sends the first byte
(moby: image/tarexport/save.go), so its price is the whole image's, whatever is asked for. The store
itself has each layer's files, and for each layer what a tar of them needs besides: headers, padding
and order (https://github.com/vbatts/tar-split). From both comes the very tar that the layer's
digest, its diff ID, is of. That layout is the engine's own affair: whoever reads it must compare
digests, and have another way.

This file needs the standard library alone: it also runs by itself, in a container that has the
store mounted, and then writes a tar with the asked layers to stdout.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import sys
import tarfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
"""Bytes that are held at once."""
_SIZE = re.compile(rb'"size":(\d+)')
_SEGMENT = re.compile(rb'"type":2,"payload":"([^"]*)"')


class Unreadable(Exception):
    """The store is not there, not ours to read, or not as this module knows it."""


class Layer:
    """One layer of the store.

    Args:
        root: the engine's data folder, such as /var/lib/docker.
        chain: the chain ID, `sha256:...`: the layer with all below it.
    """

    def __init__(self, root: Path, chain: str) -> None:
        self._about = root / "image/overlay2/layerdb/sha256" / chain.rpartition(":")[2]
        self.diff_id = _text(self._about / "diff")
        self._files = os.path.realpath(root / "overlay2" / _text(self._about / "cache-id") / "diff")

    def size(self) -> int:
        """Bytes of the tar, without reading a file of the layer."""
        total = 0
        for line in self._split():
            if found := _SEGMENT.search(line):
                total += len(base64.b64decode(found[1]))
            elif found := _SIZE.search(line):
                total += int(found[1])
        return total

    def tar(self) -> Iterator[bytes]:
        """The layer as a tar.

        Raises:
            Unreadable: at its end too, where the digest is not the diff ID.
        """
        seen = hashlib.sha256()
        try:
            for piece in self._pieces():
                seen.update(piece)
                yield piece
        except (OSError, ValueError, KeyError, EOFError) as err:
            raise Unreadable(f"Layer {self.diff_id}: {err}") from err
        if f"sha256:{seen.hexdigest()}" != self.diff_id:
            raise Unreadable(f"Layer {self.diff_id} is not what its digest says.")

    def _pieces(self) -> Iterator[bytes]:
        held = bytearray()
        for line in self._split():
            entry = json.loads(line)
            if entry["type"] == 2:
                held += base64.b64decode(entry["payload"])
            elif entry.get("size"):
                for piece in self._content(entry):
                    held += piece
                    if len(held) >= CHUNK:
                        yield bytes(held)
                        held.clear()
            if len(held) >= CHUNK:
                yield bytes(held)
                held.clear()
        yield bytes(held)

    def _content(self, entry: dict[str, Any]) -> Iterator[bytes]:
        name = base64.b64decode(entry["name_raw"]) if "name_raw" in entry else entry["name"]
        path = f"{self._files}/{os.fsdecode(name)}"
        if not os.path.realpath(path).startswith(f"{self._files}/"):
            raise Unreadable(f"Layer {self.diff_id} points out of its folder: {path}")
        left = entry["size"]
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while left:
                piece = file.read(min(CHUNK, left))
                if not piece:
                    raise Unreadable(f"Layer {self.diff_id}: {path} is shorter than it was.")
                left -= len(piece)
                yield piece

    def _split(self) -> Iterator[bytes]:
        try:
            with gzip.open(self._about / "tar-split.json.gz") as file:
                yield from file
        except (OSError, EOFError) as err:
            raise Unreadable(f"Layer {self.diff_id}: {err}") from err


def config(root: Path, image: str) -> bytes:
    """An image's configuration as it is; its digest is the image's id.

    Raises:
        Unreadable: it is not there, or not what its digest says.
    """
    digits = image.rpartition(":")[2]
    try:
        content = (root / "image/overlay2/imagedb/content/sha256" / digits).read_bytes()
    except OSError as err:
        raise Unreadable(str(err)) from err
    if hashlib.sha256(content).hexdigest() != digits:
        raise Unreadable(f"The configuration of {image} is not what its digest says.")
    return content


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as err:
        raise Unreadable(str(err)) from err


def write(
    root: Path, image: str, chains: Sequence[str], wanted: Collection[str]
) -> Iterator[bytes]:
    """A tar with what `config()` and `Layer` say: `config`, `sizes`, then the wanted chains' layers.

    `sizes` is a JSON object of all chains' sizes by diff ID; a layer is named by its diff ID.
    """
    layers = {chain: Layer(root, chain) for chain in chains}
    sizes = {layer.diff_id: layer.size() for layer in layers.values()}
    yield from _packed("config", [config(root, image)])
    yield from _packed("sizes", [json.dumps(sizes).encode()])
    for chain in wanted:
        layer = layers[chain]
        yield from _packed(layer.diff_id, layer.tar(), sizes[layer.diff_id])
    yield bytes(2 * tarfile.BLOCKSIZE)


def _packed(name: str, content: Iterable[bytes], size: int | None = None) -> Iterator[bytes]:
    member = tarfile.TarInfo(name)
    member.size = sum(map(len, content)) if size is None else size
    yield member.tobuf(tarfile.USTAR_FORMAT)
    yield from content
    yield bytes(-member.size % tarfile.BLOCKSIZE)


if __name__ == "__main__":
    folder, image_id, *names = sys.argv[1:]
    half = names.index("--")
    for piece in write(Path(folder), image_id, names[:half], names[half + 1 :]):
        sys.stdout.buffer.write(piece)
