"""What an image of the engine consists of, and where its bytes come from."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from labctl import archive
from labctl.archive import Layer, Opened, Piece
from labctl.errors import PrerequisiteMissing, StoreUnreadable
from labctl.image_names import qualified
from labctl.model import EngineInfo, ImageInfo


class Engine(Protocol):
    """Where images come from."""

    def info(self) -> EngineInfo: ...  # noqa: D102
    def image(self, reference: str) -> ImageInfo | None: ...  # noqa: D102
    def images(self, label: str) -> tuple[ImageInfo, ...]: ...  # noqa: D102
    def save(self, references: Sequence[str]) -> Iterator[bytes]: ...  # noqa: D102

    def open_layers(self, image: ImageInfo, wanted: Collection[str]) -> Opened:
        """Some of an image's layers from the engine's own store, without `docker save`.

        Raises:
            StoreUnreadable: it can't be read from here.
        """


@dataclass(frozen=True, slots=True)
class Contents:
    """What an image of the engine consists of."""

    reference: str
    """As it was asked for."""
    name: str
    """Fully qualified."""
    config_digest: str
    """The same on every runtime and in every store, unlike the engine's image id."""
    layers: tuple[Layer, ...]
    """From the lowest up."""
    image: ImageInfo


def contents(engine: Engine, reference: str, image: ImageInfo) -> Contents:
    """Look into an image; with the containerd store that reads the start of its archive.

    There the engine's id is the digest of a manifest or an index, which a node can't know
    (https://github.com/kubernetes-sigs/kind/issues/4236), and layers are compressed.
    """
    config, blobs = image.image_id, image.diff_ids
    if engine.info().containerd_store:
        platform = f"{image.os}/{image.architecture}"
        found = archive.find(engine.save([reference]), image_id=image.image_id, platform=platform)
        config, blobs = found.config, found.blobs
    layers = tuple(map(Layer, image.diff_ids, blobs))
    return Contents(reference, qualified(reference), config, layers, image)


def from_store(engine: Engine, what: Contents, wanted: Collection[str]) -> Iterator[Piece]:
    """An archive with the wanted layers, read where the engine keeps them.

    Raises:
        StoreUnreadable: at once where the store can't be read; on the way where a layer is damaged.
    """
    if engine.info().containerd_store:
        raise StoreUnreadable("The engine keeps its images in containerd.")
    opened = engine.open_layers(what.image, wanted)
    return archive.made(opened.parts, name=what.name, config=opened.config, sizes=opened.sizes)


def from_save(engine: Engine, what: Contents, wanted: Collection[str]) -> Iterator[Piece]:
    """The same from `docker save`, which reads all layers whatever is wanted."""
    skip = {layer.digest for layer in what.layers} - set(wanted)
    return archive.saved(
        engine.save([what.reference]),
        name=what.name,
        layers=what.layers,
        config=what.config_digest,
        skip=skip,
    )


def not_there(engine: Engine, reference: str) -> PrerequisiteMissing:
    """The error for an image that the engine does not have, with names that are close."""
    tags = [tag for image in engine.images("") for tag in image.tags]
    close = get_close_matches(reference, tags, n=3)
    return PrerequisiteMissing(
        f"The Docker Engine has no image '{reference}'.",
        hint=f"Did you mean {' or '.join(close)}?"
        if close
        else f"Build it first: docker build -t {reference} .",
    )
