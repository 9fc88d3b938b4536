"""Images as the two stores of the Docker Engine save them, and a node that takes them in."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.archive import Layer, Opened, Part, Piece, saved
from labctl.errors import StoreUnreadable, ToolFailed
from labctl.model import EngineInfo, ImageInfo, Runtime

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Saved:
    """A `docker save` archive in the making."""

    blobs: dict[str, bytes] = field(default_factory=dict)

    def blob(self, content: bytes) -> dict[str, Any]:
        self.blobs[digest(content)] = content
        return {"digest": digest(content), "size": len(content)}

    def document(self, value: dict[str, Any], media_type: str) -> dict[str, Any]:
        return {"mediaType": media_type, **self.blob(json.dumps(value).encode())}

    def manifest(self, *layers: bytes, architecture: str = "amd64") -> dict[str, Any]:
        config = {
            "os": "linux",
            "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        }
        return self.document(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self.document(config, "application/vnd.oci.image.config.v1+json"),
                "layers": [
                    {"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.blob(layer)}
                    for layer in layers
                ],
            },
            MANIFEST,
        )

    def config_of(self, manifest: dict[str, Any]) -> str:
        found: str = json.loads(self.blobs[manifest["digest"]])["config"]["digest"]
        return found

    def _classic(self, top: dict[str, Any]) -> dict[str, Any]:
        """The entry in manifest.json, which engines with the overlay2 store read."""
        document = json.loads(self.blobs[top["digest"]])
        own = document["manifests"][-1]["digest"] if "manifests" in document else top["digest"]
        manifest = json.loads(self.blobs[own])
        return {
            "Config": _path(manifest["config"]["digest"]),
            "RepoTags": list(top.get("annotations", {}).values()),
            "Layers": [_path(part["digest"]) for part in manifest["layers"]],
        }

    def archive(self, *tops: dict[str, Any]) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            folder = tarfile.TarInfo("blobs/sha256")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
            for name, content in sorted(self.blobs.items()):
                _add(tar, f"blobs/{name.replace(':', '/')}", content)
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": tops}
            _add(tar, "index.json", json.dumps(index).encode())
            _add(tar, "manifest.json", json.dumps([self._classic(top) for top in tops]).encode())
            _add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        return buffer.getvalue()


def plain(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """An archive's bytes without the digests of the layers that they are of."""
    return (chunk for _, chunk in pieces)


def only(chunks: Iterable[bytes], *, name: str, config: str) -> Iterator[bytes]:
    """One image of a `docker save` archive, with all its layers."""
    return plain(saved(chunks, name=name, layers=(), config=config))


def layer(text: str = "hello") -> bytes:
    """A layer with one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, "greeting", text.encode())
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


@dataclass
class FakeImages:
    """An engine that has images, in either of its stores."""

    containerd_store: bool = False
    stored: dict[str, ImageInfo] = field(default_factory=dict)
    made: dict[str, tuple[Saved, dict[str, Any]]] = field(default_factory=dict)
    saved: list[str] = field(default_factory=list)
    loaded: int = 0
    readable: bool = False
    """Whether its overlay2 store can be read from here."""
    damaged: bool = False
    """Whether a layer of that store turns out to be another than its digest says."""
    opened: list[str] = field(default_factory=list)
    """The layers that were read there."""

    def add(self, tag: str, *layers: bytes, architecture: str = "amd64") -> str:
        """Add an image; answers its config digest."""
        made = Saved()
        layers = layers or (layer(tag),)
        manifest = made.manifest(*layers, architecture=architecture)
        top = self._with_attestation(made, manifest) if self.containerd_store else manifest
        config = made.config_of(manifest)
        self.made[tag] = made, {**top, "annotations": {"io.containerd.image.name": tag}}
        self.stored[tag] = ImageInfo(
            image_id=top["digest"] if self.containerd_store else config,
            tags=(tag,),
            diff_ids=tuple(digest(one) for one in layers),
            os="linux",
            architecture=architecture,
            size=5_000_000,
            created=None,
        )
        return config

    def _with_attestation(self, made: Saved, manifest: dict[str, Any]) -> dict[str, Any]:
        attestation = made.manifest(b"{}")
        absent = {"mediaType": MANIFEST, "digest": digest(b"not saved"), "size": 9}
        own = json.loads(made.blobs[made.config_of(manifest)])["architecture"]
        here = {"os": "linux", "architecture": own}
        nowhere = {"os": "unknown", "architecture": "unknown"}
        elsewhere = {"os": "linux", "architecture": "riscv64"}
        return made.document(
            {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [
                    {**absent, "platform": elsewhere},
                    {**attestation, "platform": nowhere},
                    {**manifest, "platform": here},
                ],
            },
            INDEX,
        )

    def info(self) -> EngineInfo:
        driver = "overlayfs" if self.containerd_store else "overlay2"
        root = Path("/var/lib/docker")
        return EngineInfo(
            "28.5.2", "1.51", driver, self.containerd_store, "1", 2, 1 << 34, root, "amd64"
        )

    def image(self, reference: str) -> ImageInfo | None:
        return self.stored.get(reference)

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        key, _, value = label.partition("=")
        return tuple(
            image for image in self.stored.values() if not key or image.labels.get(key) == value
        )

    def registry_has(self, reference: str) -> bool:
        return False

    def archive(self, *references: str) -> bytes:
        all_of_them = Saved()
        for reference in references:
            all_of_them.blobs |= self.made[reference][0].blobs
        return all_of_them.archive(*(self.made[reference][1] for reference in references))

    def save(self, references: Sequence[str]) -> Iterator[bytes]:
        self.saved += references
        content = self.archive(*references)
        return iter([content[at : at + 4096] for at in range(0, len(content), 4096)])

    def open_layers(self, image: ImageInfo, wanted: Collection[str]) -> Opened:
        if not self.readable:
            raise StoreUnreadable("The engine's store can't be read here: no such file")
        (made, _) = self.made[image.tags[0]]
        blobs = {name: made.blobs[name] for name in image.diff_ids}
        self.opened += sorted(wanted)
        parts = (
            Part(name, len(content), self._read(content))
            for name, content in blobs.items()
            if name in wanted
        )
        sizes = {name: len(content) for name, content in blobs.items()}
        return Opened(made.blobs[image.image_id], sizes, parts)

    def _read(self, content: bytes) -> Iterator[bytes]:
        yield content[:7]
        yield content[7:]
        if self.damaged:
            raise StoreUnreadable("A layer is not what its digest says.")

    def load(self, stream: Iterable[bytes]) -> None:
        """Take in the names in an archive, as `docker load` would."""
        files = _files(b"".join(stream))
        self.loaded += 1
        for top in json.loads(files["index.json"])["manifests"]:
            tag = top["annotations"]["io.containerd.image.name"]
            self.stored[tag] = ImageInfo(top["digest"], (tag,), (), "linux", "amd64", 1, None)

    def label(self, tag: str, **labels: str) -> None:
        named = {f"dev.labctl.{key}": value for key, value in labels.items()}
        self.stored[tag] = replace(self.stored[tag], labels=named)


@dataclass
class FakeNodeStore:
    """A node's image store: takes an archive as a whole or not at all, as its runtime reads it."""

    node: str
    runs: str = "linux/amd64"
    held: dict[str, str] = field(default_factory=dict)
    before_import: Callable[[], None] | None = None
    """Called with an import under way; may raise."""
    before_answer: Callable[[], None] | None = None
    runtime: Runtime = Runtime.CONTAINERD
    layers: set[str] = field(default_factory=set)
    """The blobs of the layers that it has unpacked."""
    got: list[str] = field(default_factory=list)
    """The layers that were in the last archive."""
    stacks: dict[str, list[str]] = field(default_factory=dict)
    """The diff IDs of each image that was taken in, by its config digest."""

    def take(self, name: str, image: ImageInfo) -> None:
        """Have an image of the overlay2 store already."""
        self.held[name] = image.image_id
        self.layers |= set(image.diff_ids)

    def lacks(self, layers: Sequence[Layer]) -> frozenset[str]:
        return frozenset(layer.digest for layer in layers) - self.layers

    def images(self) -> dict[str, str]:
        if self.before_answer:
            self.before_answer()
        return dict(self.held)

    def platform(self) -> str:
        if self.before_answer:
            self.before_answer()
        return self.runs

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        stream = iter(chunks)
        first = next(stream, b"")
        if self.before_import:
            self.before_import()
        files = _files(first + b"".join(stream))
        # containerd/v2/core/images/archive/importer.go: without oci-layout it is Docker's archive.
        as_layout = self.runtime is Runtime.CRIO or (
            self.runtime is Runtime.CONTAINERD and "oci-layout" in files
        )
        read = _by_index if as_layout else _by_manifest
        for its_name, (config, layers) in read(files).items():
            for one in layers:
                if one not in self.layers:
                    _blob(files, _path(one))
            self.held[name if self.runtime is Runtime.CRIO else its_name] = config
            self.stacks[config] = json.loads(files[_path(config)])["rootfs"]["diff_ids"]
            self.layers |= set(layers)
        self.got = [one for one in self.layers if _path(one) in files]


def _by_index(files: dict[str, bytes]) -> dict[str, tuple[str, list[str]]]:
    """Config and layers by name, of an OCI layout."""
    found = {}
    for top in json.loads(_file(files, "index.json"))["manifests"]:
        manifest = json.loads(_blob(files, _path(top["digest"])))
        config = manifest["config"]["digest"]
        _blob(files, _path(config))
        name = top["annotations"]["io.containerd.image.name"]
        found[name] = config, [layer["digest"] for layer in manifest["layers"]]
    return found


def _by_manifest(files: dict[str, bytes]) -> dict[str, tuple[str, list[str]]]:
    """Config and layers by name, of Docker's own format."""
    found: dict[str, tuple[str, list[str]]] = {}
    for image in json.loads(_file(files, "manifest.json")):
        _blob(files, image["Config"])
        what = digest(files[image["Config"]]), [_named(path) for path in image["Layers"]]
        found |= dict.fromkeys(image["RepoTags"], what)
    return found


def _file(files: dict[str, bytes], path: str) -> bytes:
    if path not in files:
        raise ToolFailed(f"unrecognized image format: {path} not found")
    return files[path]


def _blob(files: dict[str, bytes], path: str) -> bytes:
    content = _file(files, path)
    if _path(digest(content)) != path:
        raise ToolFailed(f"content digest of {path} does not match")
    return content


def _path(named: str) -> str:
    return f"blobs/{named.replace(':', '/')}"


def _named(path: str) -> str:
    return path.removeprefix("blobs/").replace("/", ":")


def _files(content: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            return {
                member.name: (tar.extractfile(member) or io.BytesIO()).read()
                for member in tar
                if member.isreg()
            }
    except tarfile.TarError as err:
        raise ToolFailed(f"unexpected EOF: {err}") from err
