"""The engine's volumes in memory, and what works on them, beside a FakeEngine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from labctl.errors import ToolFailed
from labctl.model import CHECKPOINT, KIND_ROLE, LABEL_CHECKPOINT, LABEL_KIND, ImageInfo, Node
from labctl.ops.checkpoints import Keeping
from tests.fakes import STARTED, FakeEngine, FakeRunner

SIZES: Final = "1000\t/checkpoint\n24\t/usr/lib/labctl/kept\n"
WORKERS: Final = ("worker", *(f"worker{number}" for number in range(2, 9)))
BOOT: Final[Mapping[str, bytes]] = {
    "/kind/labctl/own": b"",
    "/etc/kubernetes/pki/ca.crt": b"authority",
    "/kind/labctl/restored": b"",
    **{f"/kind/labctl/joins/{one}": f"kubeconfig of {one}".encode() for one in WORKERS},
}
"""What a node from a checkpoint writes when all goes well."""


@dataclass(frozen=True)
class Run:
    """A container that did some work. `still` are the nodes that stood still meanwhile."""

    image: str
    script: str
    labels: Mapping[str, str]
    volumes: Mapping[str, str]
    volumes_from: str
    environ: Mapping[str, str]
    commit: str
    still: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """What a node container was made from."""

    record: Mapping[str, Any]
    entry: tuple[str, ...]
    published: bool


@dataclass
class FakeStorage:
    """Volumes by name with their labels, and what a FakeEngine's containers are made from."""

    engine: FakeEngine
    made: dict[str, dict[str, str]] = field(default_factory=dict)
    in_use: set[str] = field(default_factory=set)
    """Volumes that can't be removed."""
    changed: dict[str, dict[str, bool]] = field(default_factory=dict)
    """What containers have otherwise than their images, beside what was put there."""
    answers: dict[str, str | BaseException] = field(default_factory=dict)
    """What a run says, by a part of its script or of `volumes_from`."""
    fails: dict[str, BaseException] = field(default_factory=dict)
    """By verb, or by verb and name."""
    boot: Mapping[str, bytes] = field(default_factory=lambda: BOOT)
    ran: list[Run] = field(default_factory=list)
    nodes: dict[str, Made] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def volumes(self, label: str) -> dict[str, dict[str, str]]:
        self._ask("volumes", label)
        key, _, value = label.partition("=")
        return {
            name: dict(labels)
            for name, labels in self.made.items()
            if key in labels and value in ("", labels[key])
        }

    def make_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        self._ask("make_volume", name)
        self.made.setdefault(name, dict(labels))

    def remove_volume(self, name: str) -> None:
        self._ask("remove_volume", name)
        if name in self.in_use:
            raise ToolFailed(f"remove {name}: volume is in use")
        if self.made.pop(name, None) is not None:
            self.removed.append(name)

    def run(
        self,
        image: str,
        script: str,
        *,
        labels: Mapping[str, str],
        volumes: Mapping[str, str],
        volumes_from: str = "",
        environ: Mapping[str, str] | None = None,
        commit: str = "",
        timeout: float,
    ) -> str:
        assert timeout > 0
        base = self._image(image)
        if volumes_from:
            self._node(volumes_from.removesuffix(":ro"))
        for name in volumes:
            self.made.setdefault(name, {})  # as the engine does
        still = tuple(node.name for node in self.engine.rows if not node.running)
        one = Run(image, script, labels, volumes, volumes_from, environ or {}, commit, still)
        self.ran.append(one)
        said = self._said(one)
        if commit:
            # The engine hands the container's labels on, too; this one is emptied.
            marked = {**base.labels, **labels, LABEL_KIND: CHECKPOINT, LABEL_CHECKPOINT: ""}
            made = replace(base, image_id=f"sha256:{commit}", tags=(commit,), labels=marked)
            self.engine.stored[commit] = made
        return said

    def changes(self, container: str) -> dict[str, bool]:
        self._ask("changes", container)
        self._node(container)
        put = {
            path: True
            for where, path in self.engine.files
            if where == container and not path.startswith("/var/")
        }
        return {**put, **self.changed.get(container, {})}

    def node_record(self, container: str) -> dict[str, Any]:
        self._ask("node_record", container)
        self._node(container)
        if container in self.nodes:
            return dict(self.nodes[container].record)
        return {"environ": [f"MADE={container}"], "host": {"Privileged": True}}

    def make_node(
        self,
        name: str,
        image: str,
        record: Mapping[str, Any],
        *,
        entry: Sequence[str],
        labels: Mapping[str, str],
        published: bool,
    ) -> None:
        self._ask("make_node", name)
        merged = {**self._image(image).labels, **labels}
        if any(node.name == name for node in self.engine.rows):
            raise ToolFailed(f"The container name '{name}' is already in use.")
        role = labels.get(KIND_ROLE, "")
        self.engine.rows.append(Node(name, role, False, "created", image, merged))
        self.engine.boots[name] = self.boot
        self.nodes[name] = Made(record, tuple(entry), published)

    def keeping(self, *, free: int | None = None, runner: FakeRunner | None = None) -> Keeping:
        """What checkpoints need, with this storage."""
        return Keeping(self, runner or FakeRunner(), lambda: STARTED, lambda: free)

    def _said(self, one: Run) -> str:
        about = f"{one.volumes_from} {one.script}"
        answer = next((said for part, said in self.answers.items() if part in about), None)
        if isinstance(answer, BaseException):
            raise answer
        return answer if answer is not None else SIZES if "du -s" in one.script else ""

    def _image(self, reference: str) -> ImageInfo:
        found = self.engine.image(reference)
        if found is None:
            raise ToolFailed(f"No such image: {reference}")
        return found

    def _node(self, name: str) -> Node:
        found = next((node for node in self.engine.nodes() if node.name == name), None)
        if found is None:
            raise ToolFailed(f"No such container: {name}")
        return found

    def _ask(self, verb: str, name: str) -> None:
        self.engine.info()
        for key in (verb, f"{verb} {name}"):
            if key in self.fails:
                raise self.fails[key]
