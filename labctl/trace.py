"""What `labctl trace` finds: one image in every store and every process, and whether it is one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labctl.counting import count


@dataclass(frozen=True, slots=True)
class Stored:
    """An image as one store has it."""

    config_digest: str
    """The image ID on every runtime: the digest of the configuration."""
    manifest_digest: str
    """Empty where the store keeps no manifest, as Docker's overlay2 store."""
    diff_ids: tuple[str, ...]
    """The digests of the unpacked layers."""
    unpacked_by: str
    """Whose storage holds the layers as files; empty where none does yet."""


@dataclass(frozen=True, slots=True)
class Started:
    """A container's first process as the node's /proc shows it, and what started it."""

    pid: int
    """On the node."""
    parent: str
    """The program that watches it: containerd-shim-runc-v2, conmon."""
    oci_runtime: str
    """By the state file that it left: runc, crun. Empty where none was found."""
    oci_path: str
    oci_version: str
    namespaces: Mapping[str, str]
    """Kind -> id, such as `net` -> `net:[4026532331]`."""
    shared: tuple[str, ...]
    """The kinds whose namespace is the node's own."""
    cgroup: str
    rootfs: str
    """The folder that the lowest layer of its root file system comes from."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running container."""

    id: str
    name: str
    pod: str
    """NAMESPACE/NAME."""
    config_digest: str
    started: Started | None


@dataclass(frozen=True, slots=True)
class Cri:
    """What speaks CRI on a node, by its own word."""

    name: str
    version: str
    socket: str


@dataclass(frozen=True, slots=True)
class OnNode:
    """One node: its CRI, its store, its containers."""

    node: str
    cri: Cri
    stored: Stored | None
    running: tuple[Running, ...] = ()


@dataclass(frozen=True, slots=True)
class InEngine:
    """The learner's Docker Engine."""

    version: str
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class Trace:
    """One image, everywhere."""

    name: str
    """Fully qualified."""
    engine: InEngine
    nodes: tuple[OnNode, ...]
    differences: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "differences", tuple(_differences(self)))

    @property
    def identical(self) -> bool:
        """Whether it is one image wherever it is, and it is on every node."""
        return not self.differences

    @property
    def reference(self) -> Stored | None:
        """What the others are compared with: the engine's image, else the first node's."""
        stores = (self.engine.stored, *(node.stored for node in self.nodes))
        return next((stored for stored in stores if stored), None)

    @property
    def sentence(self) -> str:
        """How it ends."""
        if self.differences:
            return f"Not identical: {'; '.join(self.differences)}."
        assert self.reference is not None  # noqa: S101 - else there is a difference
        in_engine = "in the engine and " if self.engine.stored else ""
        containers = [one for node in self.nodes for one in node.running]
        runtimes = sorted({one.started.oci_runtime for one in containers if one.started} - {""})
        by = f" by {' and '.join(runtimes)}" if runtimes else ""
        number = count(len(containers), "container") if containers else "no container"
        run = f", and {number} {'run' if len(containers) > 1 else 'runs'} it{by}"
        return (
            f"Identical: one image, {short(self.reference.config_digest)}, {in_engine}on"
            f" {count(len(self.nodes), 'node')} ({', '.join(_cris(self))}){run}."
        )


def short(digest: str) -> str:
    """The twelve digits by which people know an image."""
    return digest.removeprefix("sha256:")[:12]


def _differences(trace: Trace) -> Iterator[str]:
    reference = trace.reference
    if reference is None:
        yield "it is nowhere"
        return
    for node in trace.nodes:
        if node.stored is None:
            yield f"'{node.node}' does not have it"
        elif node.stored.config_digest != reference.config_digest:
            yield (
                f"'{node.node}' has {short(node.stored.config_digest)} under that name,"
                f" not {short(reference.config_digest)}"
            )
        elif node.stored.diff_ids != reference.diff_ids:
            yield f"the layers on '{node.node}' are others"
        for one in node.running:
            if one.config_digest != reference.config_digest:
                yield (
                    f"container '{one.name}' of Pod '{one.pod}' on '{node.node}' runs"
                    f" {short(one.config_digest)}, not {short(reference.config_digest)}"
                )


def _cris(trace: Trace) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.cri.name for node in trace.nodes))
