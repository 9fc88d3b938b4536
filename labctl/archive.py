"""Image archives as streams: one image under one full name, with the layers that are asked for.

Nothing here holds more than one chunk and the archive's small JSON documents, whatever its size.

Layers come first and index.json, which says what they are, last: `docker save` writes them so, and
the runtimes take members in any order and look at index.json and oci-layout only after the end. A
stream that breaks off before that is therefore never a valid image. A layer that a node has need
not be in the archive: no runtime reads a layer whose chain ID it knows.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.errors import ToolFailed
from labctl.tar_stream import END, Content, members, packed, packed_bytes

DOCUMENT_LIMIT: Final = 1 << 20
"""A larger blob is a layer or a list of packages, never a manifest."""
LAYOUT: Final = b'{"imageLayoutVersion":"1.0.0"}'
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"

Piece = tuple[str, bytes]
"""Bytes of an archive, after the digest of the layer that they are of; empty for what all need."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image as an archive has it."""

    diff_id: str
    """The digest of the layer unpacked: the same in every store."""
    digest: str
    """The digest of the blob, which may be compressed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A blob and its bytes."""

    digest: str
    size: int
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """An image from a store of uncompressed layers."""

    config: bytes
    sizes: Mapping[str, int]
    """Bytes of each of its layers, by diff ID."""
    parts: Iterator[Part]
    """The layers that were asked for."""


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

    def found(self, descriptor: dict[str, Any]) -> "Found":
        """What a manifest names."""
        manifest = self.by_digest[descriptor["digest"]]
        blobs = tuple(layer["digest"] for layer in manifest["layers"])
        return Found(manifest["config"]["digest"], blobs)


def chain_ids(diff_ids: Sequence[str]) -> tuple[str, ...]:
    """For each layer, the name of it and all below it: what a store knows a layer by.

    https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
    """
    chains: list[str] = []
    for one in diff_ids:
        both = f"{chains[-1]} {one}".encode() if chains else b""
        chains.append(f"sha256:{hashlib.sha256(both).hexdigest()}" if chains else one)
    return tuple(chains)


@dataclass(frozen=True, slots=True)
class Found:
    """What an archive says of an image."""

    config: str
    """The digest of its configuration."""
    blobs: tuple[str, ...]
    """The digests of its layers as they are stored, from the lowest up."""


def find(chunks: Iterable[bytes], *, image_id: str, platform: str) -> Found:
    """The image whose manifest or index has the digest `image_id`.

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
                return documents.found(descriptor)
    raise ToolFailed(f"The saved image has nothing for {platform}.")


def saved(
    chunks: Iterable[bytes],
    *,
    name: str,
    layers: Sequence[Layer],
    config: str,
    skip: Collection[str] = (),
) -> Iterator[Piece]:
    """What `docker save` writes again, with one image, for every runtime.

    containerd and skopeo read it as an OCI layout, the Docker Engine by its manifest.json.

    Args:
        chunks: from either of the engine's image stores.
        name: fully qualified, as it is to be known on a node.
        layers: the image's, from the lowest up.
        config: the digest of the image's config, `sha256:...`.
        skip: digests of layers that nobody needs.

    Raises:
        ToolFailed: the archive is damaged, or has no such image.
    """
    documents = _Documents()
    index: dict[str, Any] | None = None
    own = {layer.digest for layer in layers}
    for member, content in members(chunks):
        if member.name == "index.json":
            index = json.loads(content.read())
        elif member.isreg() and member.name.startswith("blobs/"):
            digest = f"sha256:{member.name.rpartition('/')[2]}"
            if digest not in skip:
                for piece in _passed(member, content, documents):
                    yield digest if digest in own else "", piece
    if index is None:
        raise ToolFailed(
            "The engine's image archive has no index.json.",
            hint="labctl needs Docker Engine 25 or newer: run 'labctl doctor'.",
        )
    manifest = _manifest(documents, index, config)
    for piece in _closing(name, manifest, documents.by_digest[manifest["digest"]]):
        yield "", piece


def made(
    parts: Iterable[Part], *, name: str, config: bytes, sizes: Mapping[str, int]
) -> Iterator[Piece]:
    """An archive of layers as they are, uncompressed, with the manifest that they imply.

    That is the manifest of `docker save` with the overlay2 store, byte for byte.

    Args:
        parts: the layers that somebody needs.
        name: fully qualified, as it is to be known on a node.
        config: the image's configuration.
        sizes: the bytes of each of the image's layers, by its diff ID.
    """
    for part in parts:
        member = tarfile.TarInfo(_path(part.digest))
        member.size = part.size
        yield part.digest, member.tobuf(tarfile.PAX_FORMAT)
        for piece in part.chunks:
            yield part.digest, piece
        yield part.digest, bytes(-part.size % tarfile.BLOCKSIZE)
    diff_ids = json.loads(config)["rootfs"]["diff_ids"]
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _descriptor(_CONFIG, config),
        "layers": [{"mediaType": _LAYER, "digest": one, "size": sizes[one]} for one in diff_ids],
    }
    document = json.dumps(manifest, separators=(",", ":")).encode()
    for content in (config, document):
        for piece in packed_bytes(_path(_digest(content)), content):
            yield "", piece
    for piece in _closing(name, _descriptor(_MANIFEST, document), manifest):
        yield "", piece


def _closing(name: str, descriptor: dict[str, Any], manifest: dict[str, Any]) -> Iterator[bytes]:
    """What makes blobs an image, for those who read an OCI layout and for the Docker Engine."""
    config, *layers = (_path(one["digest"]) for one in (manifest["config"], *manifest["layers"]))
    classic = {"Config": config, "RepoTags": [name], "Layers": layers}
    annotations = {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{**descriptor, "annotations": annotations}],
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
            if documents.found(descriptor).config == config:
                return {key: descriptor[key] for key in ("mediaType", "digest", "size")}
    raise ToolFailed(f"The engine's image archive has no image with the config {config}.")


def _is_document(member: tarfile.TarInfo) -> bool:
    return member.isreg() and member.name.startswith("blobs/") and member.size <= DOCUMENT_LIMIT


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
