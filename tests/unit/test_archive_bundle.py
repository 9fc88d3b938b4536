import io
import json

import pytest
import zstandard

from labctl import archive_bundle, tar_stream
from labctl.archive_bundle import About, Bundled
from labctl.errors import ToolFailed, UsageError
from tests.image_fakes import FakeImages, layer

ABOUT = About("1.36.3", "containerd", (Bundled("node:1", "sha256:1"),))


def bundle(*layers: bytes) -> bytes:
    engine = FakeImages()
    engine.add("node:1", *layers)
    return b"".join(archive_bundle.pack(engine.save(["node:1"]), ABOUT))


def compressed(content: bytes) -> io.BytesIO:
    return io.BytesIO(zstandard.compress(content))


def test_a_bundle_says_what_it_holds() -> None:
    assert archive_bundle.verify(io.BytesIO(bundle())) == ABOUT


def test_what_is_unpacked_is_what_was_saved() -> None:
    engine = FakeImages()
    engine.add("node:1", layer("one"), layer("x" * (3 << 20)))
    packed = b"".join(archive_bundle.pack(engine.save(["node:1"]), ABOUT))
    receiver = FakeImages()
    receiver.load(archive_bundle.unpack(io.BytesIO(packed)))
    assert list(receiver.stored) == ["node:1"]
    saved = {
        member.name: content.read()
        for member, content in tar_stream.members(engine.save(["node:1"]))
        if member.isreg()
    }
    kept = {
        member.name: content.read()
        for member, content in tar_stream.members(archive_bundle.unpack(io.BytesIO(packed)))
    }
    assert saved.items() <= kept.items()
    assert kept.keys() - saved.keys() == {archive_bundle.ABOUT, archive_bundle.SUMS}


def test_a_bundle_that_breaks_off_anywhere_is_damaged() -> None:
    whole = bundle(layer("".join(map(str, range(50_000)))))
    for cut in range(400, len(whole) - 40, 997):
        with pytest.raises(ToolFailed, match="damaged"):
            archive_bundle.verify(io.BytesIO(whole[:cut]))


def test_a_changed_byte_is_found_by_its_sum_whatever_the_compression_says() -> None:
    content = b"".join(archive_bundle.unpack(io.BytesIO(bundle(layer("the real greeting")))))
    with pytest.raises(ToolFailed, match=r"'blobs/sha256/\w+' does not have its SHA-256"):
        archive_bundle.verify(compressed(content.replace(b"the real", b"the fake")))


def test_a_changed_byte_of_the_file_is_damage() -> None:
    whole = bytearray(bundle())
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(ToolFailed, match="damaged"):
        archive_bundle.verify(io.BytesIO(bytes(whole)))


def test_a_member_that_was_added_is_damage() -> None:
    engine = FakeImages()
    engine.add("node:1")
    content = b"".join(archive_bundle.unpack(io.BytesIO(bundle())))
    extra = b"".join(tar_stream.packed_bytes("blobs/sha256/more", b"more"))
    at = content.rindex(archive_bundle.SUMS.encode())
    with pytest.raises(ToolFailed, match="blobs/sha256/more"):
        archive_bundle.verify(compressed(content[:at] + extra + content[at:]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zstd at all",
        zstandard.compress(b"no tar at all" * 100),
        zstandard.compress(b"".join(tar_stream.packed_bytes("photo.jpg", b"x")) + tar_stream.END),
        zstandard.compress(
            b"".join(tar_stream.packed_bytes(archive_bundle.ABOUT, b"[]")) + tar_stream.END
        ),
    ],
)
def test_another_file_is_no_bundle(content: bytes) -> None:
    with pytest.raises(UsageError, match="not a bundle"):
        archive_bundle.verify(io.BytesIO(content))


def test_a_bundle_of_a_later_format_says_so() -> None:
    head = json.dumps({"format": "labctl/bundle/v2"}).encode()
    content = b"".join(tar_stream.packed_bytes(archive_bundle.ABOUT, head)) + tar_stream.END
    with pytest.raises(UsageError, match="labctl/bundle/v2"):
        archive_bundle.verify(compressed(content))
