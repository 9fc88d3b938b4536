"""`labctl trace`: one image, followed from the engine into every store and every process."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from labctl.counting import count
from labctl.errors import ApiUnreachable, PrerequisiteMissing, UsageError
from labctl.image_names import qualified
from labctl.model import ImageInfo
from labctl.ops import load_source
from labctl.ops.ports import Progress
from labctl.resource import Resource
from labctl.trace import Cri, InEngine, OnNode, Running, Stored, Trace


class Node(Protocol):
    """One node's runtime, as far as it is looked at."""

    node: str

    def cri(self) -> Cri: ...  # noqa: D102
    def stored(self, name: str) -> Stored | None: ...  # noqa: D102
    def running(  # noqa: D102
        self, *, digests: Collection[str], ids: Collection[str]
    ) -> tuple[Running, ...]: ...


class Kube(Protocol):
    """The API server, as far as it is asked here."""

    def list(  # noqa: D102
        self, api_version: str, kind: str, *, all_namespaces: bool
    ) -> Sequence[Resource]: ...


def trace(
    engine: load_source.Engine,
    nodes: Sequence[Node],
    kube: Callable[[], Kube],
    reference: str,
    *,
    progress: Progress,
) -> Trace:
    """Everything that is known of an image by that name, read where it is.

    Raises:
        UsageError: the reference is no name of an image, or an image's id.
        PrerequisiteMissing: neither the engine nor a node has the image.
        ToolFailed: a node could not be looked at.
    """
    name = qualified(reference)
    many = count(len(nodes), "node")
    with progress.phase(f"Trace '{name}' through the engine and {many}"):
        in_engine = _in_engine(engine, reference)
        with ThreadPoolExecutor(max_workers=8) as pool:
            cris = pool.map(lambda node: node.cri(), nodes)
            stores = tuple(pool.map(lambda node: node.stored(name), nodes))
            there = [stored for stored in (in_engine.stored, *stores) if stored]
            if not there:
                raise load_source.not_there(engine, reference)
            digests = {stored.config_digest for stored in there}
            ids = _asking_for(name, kube, progress)
            running = pool.map(lambda node: node.running(digests=digests, ids=ids), nodes)
            rows = zip(nodes, cris, stores, running, strict=True)
            return Trace(name, in_engine, tuple(OnNode(node.node, *row) for node, *row in rows))


def _in_engine(engine: load_source.Engine, reference: str) -> InEngine:
    info = engine.info()
    image = engine.image(reference)
    if image is None:
        return InEngine(info.version, None)
    _check_name(reference, image)
    config = load_source.contents(engine, reference, image).config_digest
    # With the containerd store the engine's own id is a manifest's or an index's.
    manifest = image.image_id if info.containerd_store else ""
    unpacked_by = f"dockerd, {info.storage_driver}"
    return InEngine(info.version, Stored(config, manifest, image.diff_ids, unpacked_by))


def _check_name(reference: str, image: ImageInfo) -> None:
    if qualified(reference) not in {qualified(tag) for tag in image.tags}:
        raise UsageError(
            f"'{reference}' is an image's id, not its name.",
            hint=f"Give its name: labctl trace {image.tags[0]}"
            if image.tags
            else f"Give it a name that Pods can use: docker tag {reference} app:1",
        )


def _asking_for(name: str, kube: Callable[[], Kube], progress: Progress) -> set[str]:
    """The ids of containers whose Pods ask for the name: they may run an older image of it."""
    try:
        pods = kube().list("v1", "Pod", all_namespaces=True)
    except (ApiUnreachable, PrerequisiteMissing):
        progress.note(
            "The API server does not answer: containers that run an older image of that name"
            " are not seen."
        )
        return set()
    return {
        status.containerID.partition("://")[2]
        for pod in pods
        for spec in pod.at("spec.containers", [])
        for status in pod.at("status.containerStatuses", [])
        if status.name == spec.name and status.containerID and _is(spec.image, name)
    }


def _is(image: str, name: str) -> bool:
    try:
        return qualified(image) == name
    except UsageError:  # with a digest, or no name at all: not what is looked for
        return False
