"""The layers of an image from the engine's own store, where that can be read from here."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labctl import overlay2
from labctl.archive import Opened, Part, chain_ids
from labctl.errors import StoreUnreadable
from labctl.model import ImageInfo


def open_layers(root: Path, image: ImageInfo, wanted: Collection[str]) -> Opened:
    """Read the layers that `wanted` names, by diff ID, and of the others only their sizes.

    Raises:
        StoreUnreadable: the store is not here, not ours to read, or of another kind.
    """
    with _unreadable():
        chains = dict(zip(image.diff_ids, chain_ids(image.diff_ids), strict=True))
        layers = {diff_id: overlay2.Layer(root, chain) for diff_id, chain in chains.items()}
        sizes = {diff_id: layer.size() for diff_id, layer in layers.items()}
        config = overlay2.config(root, image.image_id)
    return Opened(config, sizes, _parts(layers, sizes, wanted))


def _parts(
    layers: Mapping[str, overlay2.Layer], sizes: Mapping[str, int], wanted: Collection[str]
) -> Iterator[Part]:
    for diff_id, layer in layers.items():
        if diff_id in wanted:
            yield Part(diff_id, sizes[diff_id], _content(layer))


def _content(layer: overlay2.Layer) -> Iterator[bytes]:
    with _unreadable():
        yield from layer.tar()


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except overlay2.Unreadable as err:
        raise StoreUnreadable(f"The engine's store can't be read here: {err}") from err
