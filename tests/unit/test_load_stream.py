import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest

from labctl.errors import Interrupted, LabctlError, ToolFailed
from labctl.ops import load_stream
from labctl.ops.load_stream import DEPTH, Receive

CHUNKS = [bytes([number]) * 10 for number in range(100)]


def send_to_all(
    chunks: Iterable[bytes],
    receivers: Mapping[str, Receive],
    on_sent: Callable[[int], None] | None = None,
) -> dict[str, LabctlError]:
    """All chunks to everybody."""
    everybody = {name: load_stream.Receiver(one, ()) for name, one in receivers.items()}
    return load_stream.send_to_all((("", one) for one in chunks), everybody, on_sent=on_sent)


class Receiver:
    """Takes chunks; leaves after `limit` of them."""

    def __init__(self, limit: int | None = None, error: BaseException | None = None) -> None:
        self.got: list[bytes] = []
        self.limit = limit
        self.error = error

    def __call__(self, chunks: Iterable[bytes]) -> None:
        for number, chunk in enumerate(chunks, start=1):
            self.got.append(chunk)
            if number == self.limit:
                break
        if self.error:
            raise self.error


def test_every_receiver_gets_every_chunk_in_order() -> None:
    receivers = {"a": Receiver(), "b": Receiver()}
    sent: list[int] = []
    assert send_to_all(iter(CHUNKS), receivers, on_sent=sent.append) == {}
    assert [receiver.got for receiver in receivers.values()] == [CHUNKS, CHUNKS]
    assert sent[-1] == 1000


def test_everybody_gets_what_has_no_tag_and_what_they_need() -> None:
    pieces = [("layer1", b"1"), ("layer2", b"2"), ("", b"index")]
    new, old = Receiver(), Receiver()
    receivers = {
        "new": load_stream.Receiver(new, {"layer1", "layer2"}),
        "old": load_stream.Receiver(old, {"layer2"}),
    }
    assert load_stream.send_to_all(iter(pieces), receivers) == {}
    assert (new.got, old.got) == ([b"1", b"2", b"index"], [b"2", b"index"])


def test_a_receiver_that_dies_is_named_and_the_others_go_on() -> None:
    failure = ToolFailed("node went away")
    receivers = {"dead": Receiver(3, failure), "alive": Receiver()}
    assert send_to_all(iter(CHUNKS), receivers) == {"dead": failure}
    assert receivers["alive"].got == CHUNKS


def test_nothing_more_is_read_when_every_receiver_is_gone() -> None:
    chunks = iter(CHUNKS)
    receivers = {"a": Receiver(1, ToolFailed("a")), "b": Receiver(2, ToolFailed("b"))}
    assert set(send_to_all(chunks, receivers)) == {"a", "b"}
    assert len(list(chunks)) > len(CHUNKS) - 2 * DEPTH - 2


def test_the_slowest_receiver_sets_the_pace() -> None:
    """While one receiver rests, no more than DEPTH chunks pile up for it."""
    go_on = threading.Event()
    read = 0

    def source() -> Iterator[bytes]:
        nonlocal read
        for chunk in CHUNKS:
            read += 1
            if read == DEPTH + 2:
                # Two are on their way: one taken by the receiver, one waiting to be sent.
                go_on.set()
            yield chunk

    seen_at_rest = 0

    def slow(chunks: Iterable[bytes]) -> None:
        nonlocal seen_at_rest
        for number, _ in enumerate(chunks):
            if number == 0:
                assert go_on.wait(5)
                threading.Event().wait(0.05)
                seen_at_rest = read

    send_to_all(source(), {"slow": slow, "fast": Receiver()})
    assert seen_at_rest == DEPTH + 2
    assert read == len(CHUNKS)


def test_a_source_that_fails_ends_all_receivers_and_is_raised() -> None:
    def source() -> Iterator[bytes]:
        yield from CHUNKS[:5]
        raise ToolFailed("engine went away")

    receiver = Receiver(error=ToolFailed("unexpected EOF"))
    with pytest.raises(ToolFailed, match="engine went away"):
        send_to_all(source(), {"a": receiver})
    assert receiver.got == CHUNKS[:5]


def test_ctrl_c_ends_all_receivers() -> None:
    def source() -> Iterator[bytes]:
        yield CHUNKS[0]
        raise Interrupted("Stopped.")

    with pytest.raises(Interrupted):
        send_to_all(source(), {"a": Receiver(), "b": Receiver()})
    assert not [one for one in threading.enumerate() if one.name.startswith("deliver to")]


def test_a_bug_in_a_receiver_is_not_a_failed_node() -> None:
    with pytest.raises(KeyError):
        send_to_all(iter(CHUNKS), {"a": Receiver(1, KeyError("bug"))})
