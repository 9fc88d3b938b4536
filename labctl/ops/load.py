"""`load`: images of the engine into every node's own store, and a proof that they are there.

Four questions, kept apart: what an image consists of (`load_source`), what a node has
(`NodeStore`), who needs what (`_plan`), and how it gets there (`_deliver`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from labctl.archive import Layer, Piece
from labctl.counting import count
from labctl.errors import LabctlError, PrerequisiteMissing, StoreUnreadable, ToolFailed, UsageError
from labctl.image_names import qualified
from labctl.model import ImageInfo
from labctl.ops.load_source import Contents, Engine, contents, from_save, from_store, not_there
from labctl.ops.load_stream import Receiver, send_to_all
from labctl.ops.ports import Progress
from labctl.waiting import Clock, Pending, wait_until

SEEN_WITHIN: Final = 30.0
"""Seconds. The CRI plugin hears of an import through events, a moment after it."""


class NodeStore(Protocol):
    """The image store of one node."""

    node: str

    def images(self) -> Mapping[str, str]:
        """Config digests by full name."""

    def platform(self) -> str:
        """Like `linux/amd64`."""

    def lacks(self, layers: Sequence[Layer]) -> frozenset[str]:
        """The digests of those of an image's layers that an archive for this node must have."""

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Take in an archive with one image of that full name, and the layers that it lacks."""


class Result(StrEnum):
    """What became of an image on a node."""

    LOADED = "loaded"
    THERE = "already there"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One image on one node."""

    image: str
    node: str
    result: Result
    digest: str
    size: int
    """Bytes, as the engine counts them."""
    layers: int
    sent: int = 0
    """Bytes that went to the node."""
    layers_sent: int = 0
    seconds: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class _Delivery:
    """What goes to one node, and how it went."""

    store: NodeStore
    lacks: frozenset[str]
    sent: int = 0
    seconds: float = 0.0


def ensure_loaded(
    engine: Engine,
    nodes: Sequence[NodeStore],
    references: Sequence[str],
    *,
    progress: Progress,
    clock: Clock | None = None,
) -> tuple[Loaded, ...]:
    """`load`, for callers that can't go on when a node lacks an image.

    Raises:
        ToolFailed: with each node's reason, after all other nodes were served.
    """
    outcome = load(engine, nodes, references, progress=progress, clock=clock)
    raise_if_failed(outcome)
    return outcome


def raise_if_failed(outcome: Sequence[Loaded]) -> None:
    """Say which nodes lack which image and why, if any do."""
    failed = [one for one in outcome if one.result is Result.FAILED]
    if failed:
        count = len({one.node for one in failed})
        raise ToolFailed(
            f"{count} of {len({one.node for one in outcome})} nodes did not get what was sent.",
            hint="Run the same command again: what is already there is not sent twice.",
            details=[f"{one.node}: {one.image}: {one.reason}" for one in failed],
        )


def load(
    engine: Engine,
    nodes: Sequence[NodeStore],
    references: Sequence[str],
    *,
    progress: Progress,
    clock: Clock | None = None,
) -> tuple[Loaded, ...]:
    """Put images into all nodes that don't have them yet; answers one line per image and node.

    A node that fails is a `Loaded` with its reason; the others go on.

    Raises:
        UsageError: a reference is not an image's name.
        PrerequisiteMissing: an image is not there, or is for other machines; nothing was sent.
    """
    clock = clock or Clock()
    by_name = {qualified(reference): reference for reference in references}
    found = {name: _image(engine, reference, name) for name, reference in by_name.items()}
    for name, image in found.items():
        _check_platform(by_name[name], image, nodes)
    order = [node.node for node in nodes]
    outcome: list[Loaded] = []
    for name, image in found.items():
        what = contents(engine, by_name[name], image)
        missing, lines = _plan(what, nodes)
        if missing:
            lines += _deliver(engine, what, missing, progress, clock)
        outcome += sorted(lines, key=lambda line: order.index(line.node))
    return tuple(outcome)


def _image(engine: Engine, reference: str, name: str) -> ImageInfo:
    image = engine.image(reference)
    if image is None:
        raise not_there(engine, reference)
    if name not in {qualified(tag) for tag in image.tags}:
        raise UsageError(
            f"'{reference}' is an image's id, not its name.",
            hint=f"Give it a name that Pods can use: docker tag {reference} app:1",
        )
    return image


def _check_platform(reference: str, image: ImageInfo, nodes: Sequence[NodeStore]) -> None:
    own = f"{image.os}/{image.architecture}"
    for node in nodes:
        try:
            platform = node.platform()
        except (ToolFailed, PrerequisiteMissing):
            continue  # its own line will say why it can't be reached
        if platform != own:
            raise PrerequisiteMissing(
                f"Image '{reference}' is for {own}, but node '{node.node}' is {platform}.",
                hint=f"Build it for the node: docker build --platform {platform} -t {reference} .",
            )


def _plan(what: Contents, nodes: Sequence[NodeStore]) -> tuple[list[_Delivery], list[Loaded]]:
    """What to send to whom, and a line for each of the other nodes."""
    with ThreadPoolExecutor(max_workers=max(len(nodes), 1)) as pool:
        answers = list(pool.map(partial(_ask, what), nodes))
    missing = [one for one in answers if isinstance(one, _Delivery)]
    return missing, [one for one in answers if isinstance(one, Loaded)]


def _ask(what: Contents, node: NodeStore) -> _Delivery | Loaded:
    try:
        there = node.images().get(what.name) == what.config_digest
        lacks = node.lacks(what.layers)
    except (ToolFailed, PrerequisiteMissing) as err:
        return _line(what, node, Result.FAILED, reason=err.message)
    if there and not lacks:
        return _line(what, node, Result.THERE)
    return _Delivery(node, lacks)


class _SomeFailed(Exception):
    """Closes a progress line as failed; the reasons are in the answer."""


def _deliver(
    engine: Engine,
    what: Contents,
    deliveries: Sequence[_Delivery],
    progress: Progress,
    clock: Clock,
) -> list[Loaded]:
    """Send what is missing once to all these nodes, and ask each whether it has the image now."""
    failures: dict[str, LabctlError] = {}
    wanted = frozenset[str]().union(*(one.lacks for one in deliveries))
    many = count(len(deliveries), "node")
    with suppress(_SomeFailed), progress.phase(f"Load '{what.reference}' into {many}"):
        try:
            pieces = from_store(engine, what, wanted)
            failures = _send(pieces, what, deliveries, progress, clock)
        except StoreUnreadable:
            pieces = from_save(engine, what, wanted)
            failures = _send(pieces, what, deliveries, progress, clock)
        if failures:
            raise _SomeFailed
    return [
        _line(what, one.store, Result.FAILED, one, reason=failures[one.store.node].message)
        if one.store.node in failures
        else _line(what, one.store, Result.LOADED, one)
        for one in deliveries
    ]


def _send(
    pieces: Iterable[Piece],
    what: Contents,
    deliveries: Sequence[_Delivery],
    progress: Progress,
    clock: Clock,
) -> dict[str, LabctlError]:
    def receive(one: _Delivery, chunks: Iterable[bytes]) -> None:
        start = clock.now()
        one.store.import_stream(what.name, _counted(one, chunks))
        _verify(what, one.store, clock)
        one.seconds = clock.now() - start

    return send_to_all(
        pieces,
        {one.store.node: Receiver(partial(receive, one), one.lacks) for one in deliveries},
        on_sent=lambda sent: progress.detail(f"{sent >> 20} MiB sent"),
    )


def _counted(one: _Delivery, chunks: Iterable[bytes]) -> Iterator[bytes]:
    one.sent = 0
    for chunk in chunks:
        one.sent += len(chunk)
        yield chunk


def _verify(what: Contents, node: NodeStore, clock: Clock) -> None:
    def there() -> bool | Pending:
        digest = node.images().get(what.name)
        return digest == what.config_digest or Pending(digest or "no image of that name")

    wait_until(
        there,
        what=f"'{what.name}' to be {what.config_digest[:19]} on node '{node.node}'",
        timeout=SEEN_WITHIN,
        clock=clock,
    )
    if lacks := node.lacks(what.layers):
        are = "is" if len(lacks) == 1 else "are"
        raise ToolFailed(
            f"After the import {count(len(lacks), 'layer')} of the image {are} missing."
        )


def _line(
    what: Contents,
    node: NodeStore,
    result: Result,
    delivery: _Delivery | None = None,
    *,
    reason: str = "",
) -> Loaded:
    sent = delivery or _Delivery(node, frozenset())
    return Loaded(
        what.name,
        node.node,
        result,
        what.config_digest,
        what.image.size,
        layers=len(what.layers),
        sent=sent.sent,
        layers_sent=sum(layer.digest in sent.lacks for layer in what.layers),
        seconds=sent.seconds,
        reason=reason,
    )
