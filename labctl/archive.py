"""Image archives as streams: what `docker save` writes, cut down to one image under one full name.

Nothing here holds more than one chunk and the archive's small JSON documents, whatever its size.

`docker save` writes its blobs first and index.json, which says what they are, last. containerd's
importer takes members in any order and looks at index.json and oci-layout only after the end, so
blobs pass at once and those two are written anew when all has been seen. A stream that breaks off
before that is therefore never a valid image.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final, Protocol

from labctl.errors import ToolFailed

CHUNK: Final = 1 << 20
"""Bytes that are held at once."""
DOCUMENT_LIMIT: Final = 1 << 20
"""A larger blob is a layer or a list of packages, never a manifest."""
LAYOUT: Final = b'{"imageLayoutVersion":"1.0.0"}'
END: Final = bytes(2 * tarfile.BLOCKSIZE)


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file that can be read once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; fewer only where a chunk ends, none at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece.tobytes()


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""


class Content:
    """What a member holds."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file or io.BytesIO()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, all of them without a size; ToolFailed where the archive breaks off."""
        with _damage():
            return self._file.read(size)


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as err:
        raise ToolFailed(f"The image archive is damaged: {err}.") from err


def members(chunks: Iterable[bytes]) -> Iterator[tuple[tarfile.TarInfo, Content]]:
    """Each member of a tar stream with its content, which must be read before the next.

    Raises:
        ToolFailed: it is no tar, or it breaks off.
    """
    source = _Chunks(chunks)
    with _damage(), tarfile.open(fileobj=source, mode="r|", bufsize=CHUNK) as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # else it keeps every header
            yield member, Content(archive.extractfile(member))


def packed(member: tarfile.TarInfo, content: Readable) -> Iterator[bytes]:
    """A member as it lies in a tar: header, content, padding."""
    yield member.tobuf(tarfile.PAX_FORMAT)
    left = member.size
    while left:
        piece = content.read(min(CHUNK, left))
        left -= len(piece)
        yield piece
    if padding := -member.size % tarfile.BLOCKSIZE:
        yield bytes(padding)


def packed_bytes(name: str, content: bytes) -> Iterator[bytes]:
    """A small member made on the spot."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o644
    return packed(member, Content(io.BytesIO(content)))


@dataclass(slots=True)
class _Documents:
    """The manifests, indexes and configs seen so far, by digest."""

    by_digest: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, name: str, content: bytes) -> None:
        if not content.startswith(b"{"):
            return
        try:
            document = json.loads(content)
        except ValueError:
            return
        if document.keys() & {"manifests", "config", "rootfs"}:
            self.by_digest[f"sha256:{name.rpartition('/')[2]}"] = document

    def manifests(self, descriptor: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        """Each manifest below a descriptor that is here, with its platform (`linux/amd64`).

        With the containerd store an index names manifests whose blobs were not saved
        (https://github.com/kubernetes-sigs/kind/issues/3795): those are left out.
        """
        document = self.by_digest.get(descriptor["digest"], {})
        for below in document.get("manifests", ()):
            yield from self.manifests(below)
        if "layers" in document and "config" in document:
            yield descriptor, self._platform(descriptor, document)

    def _platform(self, descriptor: dict[str, Any], manifest: dict[str, Any]) -> str:
        config = self.by_digest.get(manifest["config"]["digest"], {})
        said = descriptor.get("platform") or config
        return f"{said.get('os', '')}/{said.get('architecture', '')}"

    def config_digest(self, descriptor: dict[str, Any]) -> str:
        digest: str = self.by_digest[descriptor["digest"]]["config"]["digest"]
        return digest

    def classic(self, descriptor: dict[str, Any], name: str) -> dict[str, Any]:
        """An image's entry in manifest.json."""
        manifest = self.by_digest[descriptor["digest"]]
        config, *layers = (_path(one) for one in (manifest["config"], *manifest["layers"]))
        return {"Config": config, "RepoTags": [name], "Layers": layers}


def chain_id(diff_ids: Sequence[str]) -> str:
    """The name of layers on top of each other, as a snapshot has it.

    https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
    """
    chain = diff_ids[0]
    for one in diff_ids[1:]:
        chain = f"sha256:{hashlib.sha256(f'{chain} {one}'.encode()).hexdigest()}"
    return chain


def _path(descriptor: dict[str, Any]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def config_digest(chunks: Iterable[bytes], *, image_id: str, platform: str) -> str:
    """The config digest of the image whose manifest or index has the digest `image_id`.

    Reads no further than it must: both documents often come early.

    Raises:
        ToolFailed: the archive has no such image for that platform.
    """
    documents = _Documents()
    root = {"digest": image_id}
    for member, content in members(chunks):
        if not _is_document(member):
            continue
        documents.note(member.name, content.read())
        for descriptor, its_platform in documents.manifests(root):
            if its_platform == platform or (descriptor is root and its_platform == "/"):
                return documents.config_digest(descriptor)
    raise ToolFailed(f"The saved image has nothing for {platform}.")


def only(chunks: Iterable[bytes], *, name: str, config: str) -> Iterator[bytes]:
    """The archive again with one image, that with the config digest `config`, for every runtime.

    containerd and skopeo read it as an OCI layout, the Docker Engine by its manifest.json.

    Args:
        chunks: what `docker save` writes, from either of the engine's image stores.
        name: fully qualified, as it is to be known on a node.
        config: the digest of the image's config, `sha256:...`.

    Raises:
        ToolFailed: the archive is damaged, or has no such image.
    """
    documents = _Documents()
    index: dict[str, Any] | None = None
    for member, content in members(chunks):
        if member.name == "index.json":
            index = json.loads(content.read())
        elif member.isreg() and member.name.startswith("blobs/"):
            yield from _passed(member, content, documents)
    if index is None:
        raise ToolFailed(
            "The engine's image archive has no index.json.",
            hint="labctl needs Docker Engine 25 or newer: run 'labctl doctor'.",
        )
    manifest = _manifest(documents, index, config)
    classic = documents.classic(manifest, name)
    manifest["annotations"] = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    }
    # index.json last: where it is missing, no runtime that reads it takes the image.
    yield from packed_bytes("oci-layout", LAYOUT)
    yield from packed_bytes("manifest.json", json.dumps([classic]).encode())
    yield from packed_bytes("index.json", json.dumps(index).encode())
    yield END


def _passed(member: tarfile.TarInfo, content: Content, documents: _Documents) -> Iterator[bytes]:
    if not _is_document(member):
        yield from packed(member, content)
        return
    whole = content.read()
    documents.note(member.name, whole)
    yield from packed(member, Content(io.BytesIO(whole)))


def _manifest(documents: _Documents, index: dict[str, Any], config: str) -> dict[str, Any]:
    for top in index["manifests"]:
        for descriptor, _ in documents.manifests(top):
            if documents.config_digest(descriptor) == config:
                return {key: descriptor[key] for key in ("mediaType", "digest", "size")}
    raise ToolFailed(f"The engine's image archive has no image with the config {config}.")


def _is_document(member: tarfile.TarInfo) -> bool:
    return member.isreg() and member.name.startswith("blobs/") and member.size <= DOCUMENT_LIMIT
