"""Bundles: images in one file, for machines without a network.

A bundle is a zstd stream of what `docker save` writes, with two members of our own: what it is
comes first, the SHA-256 of every other member last. `docker load` takes it too.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any, Final

import zstandard

from labctl import tar_stream
from labctl.errors import ToolFailed, UsageError

FORMAT: Final = "labctl/bundle/v1"
ABOUT: Final = "labctl/bundle.json"
SUMS: Final = "labctl/sums.json"


@dataclass(frozen=True, slots=True)
class Bundled:
    """An image in a bundle: its name and the id that it had in the engine it comes from."""

    tag: str
    image_id: str


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle holds; the node image comes first."""

    kubernetes: str
    runtime: str
    images: tuple[Bundled, ...]


def pack(saved: Iterable[bytes], about: About) -> Iterator[bytes]:
    """A bundle from what `docker save` writes, chunk by chunk.

    Raises:
        ToolFailed: the saved archive is damaged.
    """
    compressor = zstandard.ZstdCompressor(level=3, threads=-1, write_checksum=True).compressobj()
    head = json.dumps({"format": FORMAT, **asdict(about)}, indent=2)
    for chunk in tar_stream.packed_bytes(ABOUT, head.encode()):
        yield compressor.compress(chunk)
    # A block of its own: a bundle that breaks off can still be told from a foreign file.
    yield compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    for chunk in _with_sums(saved):
        yield compressor.compress(chunk)
    yield compressor.flush()


def _with_sums(saved: Iterable[bytes]) -> Iterator[bytes]:
    sums = {}
    for member, content in tar_stream.members(saved):
        if member.isreg():
            hashed = _Hashed(content)
            yield from tar_stream.packed(member, hashed)
            sums[member.name] = hashed.digest
    yield from tar_stream.packed_bytes(SUMS, json.dumps(sums, indent=2).encode())
    yield tar_stream.END


class _Hashed:
    """Content whose SHA-256 is known when it has been read."""

    def __init__(self, content: tar_stream.Readable) -> None:
        self._content = content
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._hash.update(piece)
        return piece

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def unpack(bundle: IO[bytes]) -> Iterator[bytes]:
    """The tar stream in a bundle, for `docker load`.

    Raises:
        ToolFailed: the compressed data is damaged.
    """
    try:
        yield from zstandard.ZstdDecompressor().read_to_iter(bundle, write_size=tar_stream.CHUNK)
    except zstandard.ZstdError as err:
        raise ToolFailed(f"The bundle is damaged: {err}.") from err


def verify(bundle: IO[bytes]) -> About:
    """Read a whole bundle and compare every member with its sum.

    Raises:
        UsageError: the file is no bundle, or one of a version that this labctl can't read.
        ToolFailed: it is damaged or broken off.
    """
    head = bundle.read(len(zstandard.FRAME_HEADER))
    bundle.seek(0)
    if head != zstandard.FRAME_HEADER:
        raise _foreign()
    members = tar_stream.members(unpack(bundle))
    about = _head(members)
    seen: dict[str, str] = {}
    sums: dict[str, str] | None = None
    for member, content in members:
        if member.name == SUMS:
            sums = json.loads(content.read())
            continue
        hashed = _Hashed(content)
        while hashed.read(tar_stream.CHUNK):
            pass
        seen[member.name] = hashed.digest
    _compare(seen, sums)
    return about


def _head(members: Iterator[tuple[tarfile.TarInfo, tar_stream.Readable]]) -> About:
    try:
        for member, content in members:
            if member.name == ABOUT:
                return _about(content.read())
            break
    except ToolFailed as err:
        if not isinstance(err.__cause__, tarfile.TarError):
            raise
    raise _foreign()


def _compare(seen: dict[str, str], sums: dict[str, str] | None) -> None:
    if sums is None:
        raise ToolFailed("The bundle is damaged: it breaks off before its end.")
    for name in sorted(seen.keys() | sums.keys()):
        if seen.get(name) != sums.get(name):
            raise ToolFailed(f"The bundle is damaged: '{name}' does not have its SHA-256.")


def _about(text: bytes) -> About:
    try:
        head: dict[str, Any] = json.loads(text)
        if head["format"] != FORMAT:
            raise UsageError(
                f"The bundle has the format '{head['format']}'; this labctl reads {FORMAT}.",
                hint="Use the labctl that the bundle was made with, or a newer one.",
            )
        images = tuple(Bundled(image["tag"], image["image_id"]) for image in head["images"])
        return About(head["kubernetes"], head["runtime"], images)
    except (ValueError, KeyError, TypeError) as err:
        raise _foreign() from err


def _foreign() -> UsageError:
    return UsageError(
        "The file is not a bundle of labctl.",
        hint="Make one where there is a network: labctl node-image export FILE.tar.zst",
    )
