"""The layers of an image from the engine's own store, without `docker save`.

Read where it lies if this user may; else by a container that has the store mounted, read-only and
without a network: who may start containers may do that.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from labctl import overlay2
from labctl.archive import Opened, Part, chain_ids
from labctl.errors import StoreUnreadable, ToolFailed
from labctl.model import LABEL_KIND, STORE_READER, ImageInfo
from labctl.tar_stream import CHUNK, Content, members
from labctl.tools.engine_sdk import engine_errors

_MOUNT: Final = "/engine"


def open_layers(api: Any, root: Path, image: ImageInfo, wanted: Collection[str]) -> Opened:
    """Read the layers that `wanted` names, by diff ID, and of the others only their sizes.

    Raises:
        StoreUnreadable: in neither way.
    """
    from labctl.nodeimage.recipe import PYTHON  # noqa: PLC0415 - no part of a mere question

    try:
        return open_here(root, image, wanted)
    except StoreUnreadable:
        if not api.images(PYTHON):
            raise
    return open_by_container(api, root, image, wanted, python=PYTHON)


def open_here(root: Path, image: ImageInfo, wanted: Collection[str]) -> Opened:
    """`open_layers` from the files themselves.

    Raises:
        StoreUnreadable: the store is not here, not ours to read, or of another kind.
    """
    with _unreadable():
        layers = {diff_id: overlay2.Layer(root, chain) for diff_id, chain in _chains(image).items()}
        sizes = {diff_id: layer.size() for diff_id, layer in layers.items()}
        config = overlay2.config(root, image.image_id)
    return Opened(config, sizes, _parts(layers, sizes, wanted))


def open_by_container(
    api: Any, root: Path, image: ImageInfo, wanted: Collection[str], *, python: str
) -> Opened:
    """`open_layers` by a container of `python`, an image that has Python."""
    chains = _chains(image)
    chosen = [one for diff_id, one in chains.items() if diff_id in wanted]
    source = Path(overlay2.__file__).read_text(encoding="utf-8")
    words = (image.image_id, *chains.values(), "--", *chosen)
    archive = members(_output(api, root, python, ["python3", "-c", source, _MOUNT, *words]))
    try:
        config = next(archive)[1].read()
        sizes: dict[str, int] = json.loads(next(archive)[1].read())
    except (StopIteration, ToolFailed, ValueError) as err:
        raise StoreUnreadable(
            "A container that has it mounted can't read the engine's store."
        ) from err
    parts = (Part(member.name, member.size, _content(content)) for member, content in archive)
    return Opened(config, sizes, parts)


def _output(api: Any, root: Path, image: str, argv: list[str]) -> Iterator[bytes]:
    """What a container prints, as it comes; the container goes with the reader."""
    with engine_errors("read its own store"):
        made = api.create_container(
            image,
            argv,
            labels={LABEL_KIND: STORE_READER},
            host_config=api.create_host_config(
                binds={str(root): {"bind": _MOUNT, "mode": "ro"}}, network_mode="none"
            ),
        )["Id"]
        try:
            printed = api.attach(made, stdout=True, stderr=False, stream=True)
            api.start(made)
            yield from printed
        finally:
            api.remove_container(made, v=True, force=True)


def _content(content: Content) -> Iterator[bytes]:
    try:
        while piece := content.read(CHUNK):
            yield piece
    except ToolFailed as err:  # it broke off: the layer is not what its digest says
        raise StoreUnreadable(err.message) from err


def _chains(image: ImageInfo) -> dict[str, str]:
    """Chain IDs by diff ID."""
    return dict(zip(image.diff_ids, chain_ids(image.diff_ids), strict=True))


def _parts(
    layers: Mapping[str, overlay2.Layer], sizes: Mapping[str, int], wanted: Collection[str]
) -> Iterator[Part]:
    for diff_id, layer in layers.items():
        if diff_id in wanted:
            yield Part(diff_id, sizes[diff_id], _tar(layer))


def _tar(layer: overlay2.Layer) -> Iterator[bytes]:
    with _unreadable():
        yield from layer.tar()


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except overlay2.Unreadable as err:
        raise StoreUnreadable(f"The engine's store can't be read here: {err}") from err
