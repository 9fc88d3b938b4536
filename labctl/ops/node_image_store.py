"""`node-image list, export, import`: what is there, out to a file, in from a file."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from labctl import archive_bundle
from labctl.archive_bundle import About, Bundled
from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import LABEL_KIND, LABEL_KUBERNETES, ImageInfo, Runtime
from labctl.nodeimage.recipe import image_tag
from labctl.ops.node_image import full_version
from labctl.ops.ports import Progress


class Engine(Protocol):
    """The engine, as far as it is asked here."""

    def image(self, reference: str) -> ImageInfo | None: ...  # noqa: D102
    def images(self, label: str) -> tuple[ImageInfo, ...]: ...  # noqa: D102
    def registry_has(self, reference: str) -> bool: ...  # noqa: D102
    def save(self, references: Sequence[str]) -> Iterator[bytes]: ...  # noqa: D102
    def load(self, stream: Iterable[bytes]) -> None: ...  # noqa: D102


def node_images(engine: Engine) -> tuple[ImageInfo, ...]:
    """The node images that have a name, the newest Kubernetes first."""
    found = [image for image in engine.images(f"{LABEL_KIND}=node-image") if image.tags]
    return tuple(sorted(found, key=_version, reverse=True))


def _version(image: ImageInfo) -> list[tuple[int, str]]:
    parts = image.labels.get(LABEL_KUBERNETES, "").split(".")
    return [(int(part) if part.isdigit() else 0, part) for part in parts]


def export_bundle(
    engine: Engine,
    kubernetes: str | None,
    runtime: Runtime,
    target: Path,
    *,
    lab_base: Callable[[], str],
    progress: Progress,
) -> About:
    """Write a node image and the base of the labs' own images to a file, whole or not at all.

    Args:
        engine: where the images are.
        kubernetes: a minor, a full version, or None for the default.
        runtime: the node image's runtime.
        target: replaced if it is there.
        lab_base: makes sure that the base image is there, and answers its tag.
        progress: where long work tells how far it is.

    Raises:
        PrerequisiteMissing: there is no such node image.
        ToolFailed: the file could not be written.
    """
    version = full_version(kubernetes, runtime, engine)
    build = f"labctl node-image build --kubernetes {version} --runtime {runtime}"
    node = _bundled(engine, image_tag(version, runtime), build)
    about = About(version, runtime, (node, _bundled(engine, lab_base(), build)))
    tags = [image.tag for image in about.images]
    with progress.phase(f"Export {' and '.join(tags)}"), _replacing(target) as file:
        written = 0
        for chunk in archive_bundle.pack(engine.save(tags), about):
            written += file.write(chunk)
            progress.detail(f"{written >> 20} MiB written")
    return about


def import_bundle(engine: Engine, source: Path, *, progress: Progress) -> About:
    """Load the images of a bundle into the engine, after all of it was found to be sound.

    Raises:
        UsageError: the file is no bundle.
        ToolFailed: it is damaged or can't be read; nothing was loaded.
    """
    try:
        with source.open("rb") as file:
            with progress.phase(f"Verify {source.name}"):
                about = _verified(file, source)
            file.seek(0)
            tags = [image.tag for image in about.images]
            with progress.phase(f"Load {' and '.join(tags)}"):
                engine.load(archive_bundle.unpack(file))
    except OSError as err:
        raise ToolFailed(f"Could not read '{source}': {err.strerror or err}.") from err
    for tag in tags:
        if engine.image(tag) is None:
            raise ToolFailed(f"The engine took the bundle, but has no image '{tag}'.")
    return about


def _verified(file: BinaryIO, source: Path) -> About:
    try:
        return archive_bundle.verify(file)
    except ToolFailed as err:
        raise ToolFailed(
            f"'{source}' can't be used, and nothing was loaded. {err.message}",
            hint="Copy the file again from where it was made, and compare their sizes.",
        ) from err


def _bundled(engine: Engine, tag: str, build: str) -> Bundled:
    image = engine.image(tag)
    if image is None:
        raise PrerequisiteMissing(
            f"There is no image '{tag}' to export.",
            hint=f"Build it: {build}",
        )
    return Bundled(tag, image.image_id)


class _Writer(Protocol):
    def write(self, content: bytes, /) -> int: ...


@contextmanager
def _replacing(target: Path) -> Iterator[_Writer]:
    """A file beside the target that takes its place when the block ends well, else goes."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as err:
        raise ToolFailed(
            f"Could not write '{target}': {err.strerror or err}.",
            hint="A bundle takes about 250 MB: choose a folder with room that can be written.",
        ) from err
