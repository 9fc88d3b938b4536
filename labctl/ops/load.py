"""`load`: images of the engine into every node's own store, and a proof that they are there.

Four questions, kept apart: what an image consists of (`contents`), what a node has (`NodeStore`),
which nodes need it (`_plan`), and how it gets there (`_deliver`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from labctl import archive
from labctl.counting import count
from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed, UsageError
from labctl.image_names import qualified
from labctl.model import EngineInfo, ImageInfo
from labctl.ops.load_stream import send_to_all
from labctl.ops.ports import Progress
from labctl.waiting import Clock, Pending, wait_until

SEEN_WITHIN: Final = 30.0
"""Seconds. The CRI plugin hears of an import through events, a moment after it."""


class Engine(Protocol):
    """Where images come from."""

    def info(self) -> EngineInfo: ...  # noqa: D102
    def image(self, reference: str) -> ImageInfo | None: ...  # noqa: D102
    def images(self, label: str) -> tuple[ImageInfo, ...]: ...  # noqa: D102
    def save(self, references: Sequence[str]) -> Iterator[bytes]: ...  # noqa: D102


class NodeStore(Protocol):
    """The image store of one node."""

    node: str

    def images(self) -> Mapping[str, str]:
        """Config digests by full name."""

    def platform(self) -> str:
        """Like `linux/amd64`."""

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Take in an archive with one image of that full name."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an image of the engine consists of."""

    reference: str
    """As it was asked for."""
    name: str
    """Fully qualified."""
    config_digest: str
    """The same on every runtime and in every store, unlike the engine's image id."""
    diff_ids: tuple[str, ...]
    size: int
    """Bytes, as the engine counts them."""


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
    seconds: float = 0.0
    reason: str = ""


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


def contents(engine: Engine, reference: str, image: ImageInfo) -> Contents:
    """Look into an image; with the containerd store that reads the start of its archive.

    There the engine's id is the digest of a manifest or an index, which a node can't know
    (https://github.com/kubernetes-sigs/kind/issues/4236).
    """
    config = image.image_id
    if engine.info().containerd_store:
        platform = f"{image.os}/{image.architecture}"
        saved = engine.save([reference])
        config = archive.config_digest(saved, image_id=image.image_id, platform=platform)
    return Contents(reference, qualified(reference), config, image.diff_ids, image.size)


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


def _plan(what: Contents, nodes: Sequence[NodeStore]) -> tuple[list[NodeStore], list[Loaded]]:
    """The nodes to send to, and a line for each of the others."""
    missing, lines = [], []
    for node in nodes:
        try:
            there = node.images().get(what.name) == what.config_digest
        except (ToolFailed, PrerequisiteMissing) as err:
            lines.append(_line(what, node, Result.FAILED, reason=err.message))
            continue
        if there:
            lines.append(_line(what, node, Result.THERE))
        else:
            missing.append(node)
    return missing, lines


class _SomeFailed(Exception):
    """Closes a progress line as failed; the reasons are in the answer."""


def _deliver(
    engine: Engine,
    what: Contents,
    nodes: Sequence[NodeStore],
    progress: Progress,
    clock: Clock,
) -> list[Loaded]:
    """Send the image once to all these nodes, and ask each whether it has it now."""
    seconds: dict[str, float] = {}
    failures: dict[str, LabctlError] = {}

    def deliver_to(node: NodeStore, chunks: Iterable[bytes]) -> None:
        start = clock.now()
        node.import_stream(what.name, chunks)
        _verify(what, node, clock)
        seconds[node.node] = clock.now() - start

    many = count(len(nodes), "node")
    with suppress(_SomeFailed), progress.phase(f"Load '{what.reference}' into {many}"):
        saved = engine.save([what.reference])
        failures = send_to_all(
            archive.only(saved, name=what.name, config=what.config_digest),
            {node.node: partial(deliver_to, node) for node in nodes},
            on_sent=lambda sent: progress.detail(f"{sent >> 20} MiB sent"),
        )
        if failures:
            raise _SomeFailed
    return [
        _line(what, node, Result.FAILED, reason=failures[node.node].message)
        if node.node in failures
        else _line(what, node, Result.LOADED, seconds=seconds[node.node])
        for node in nodes
    ]


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


def _line(
    what: Contents, node: NodeStore, result: Result, *, seconds: float = 0.0, reason: str = ""
) -> Loaded:
    return Loaded(what.name, node.node, result, what.config_digest, what.size, seconds, reason)
