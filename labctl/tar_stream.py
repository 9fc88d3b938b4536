"""Tar archives as streams of bytes: read member by member, written piece by piece.

Nothing here holds more than one chunk, whatever a member's size.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Final, Protocol

from labctl.errors import ToolFailed

CHUNK: Final = 1 << 20
"""Bytes that are held at once."""
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
