"""Hand-written stand-ins for the outside. Each has a contract test against the real thing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labctl.claim import CLAIM, SPARE, claimed
from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed
from labctl.model import KIND_CLUSTER, KIND_ROLE, LABEL_LAB, EngineInfo, ImageInfo, Node
from labctl.waiting import Clock

STARTED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeTime:
    """A clock that only moves when someone sleeps."""

    seconds: float = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class FakeProgress:
    """Remembers what was said."""

    said: list[str] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.said.append(name)
        yield

    def detail(self, text: str) -> None:
        self.said.append(f"  {text}")

    def note(self, text: str) -> None:
        self.said.append(text)


@dataclass
class FakeEngine:
    """Containers, images and networks in memory."""

    alive: bool = True
    rows: list[Node] = field(default_factory=list)
    stored: dict[str, ImageInfo] = field(default_factory=dict)
    networks: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    added: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    """The files that derived images got, by their names."""
    started: datetime = STARTED
    in_use: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    """What it was asked to do to containers, in order."""
    boots: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    """The files that a container writes when it starts."""

    def info(self) -> EngineInfo:
        self._ask()
        return EngineInfo(
            "28.5.2", "1.51", "overlay2", False, "1", 2, 24 << 30, Path("/var/lib/docker"), "amd64"
        )

    def nodes(self) -> tuple[Node, ...]:
        self._ask()
        return tuple(self._claimed(node) for node in self.rows if KIND_CLUSTER in node.labels)

    def _claimed(self, node: Node) -> Node:
        if node.labels.get(LABEL_LAB) != SPARE:
            return node
        return replace(node, labels=claimed(node.labels, self.files.get((node.name, CLAIM))))

    def image(self, reference: str) -> ImageInfo | None:
        self._ask()
        return self.stored.get(reference)

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        self._ask()
        return tuple(image for image in self.stored.values() if _has(image.labels, label))

    def untag(self, reference: str) -> bool:
        self._ask()
        if reference in self.in_use:
            return False
        self.stored.pop(reference, None)
        return True

    def derive(
        self, image: str, target: str, *, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        self._ask()
        if image not in self.stored:
            raise ToolFailed(f"No such image: {image}")
        merged = {**self.stored[image].labels, **labels}
        self.stored[target] = replace(self.stored[image], labels=merged, tags=(target,))
        self.added[target] = dict(files)

    def put_file(self, container: str, path: str, content: bytes) -> None:
        self._ask()
        self.files[container, path] = content

    def get_file(self, container: str, path: str) -> bytes | None:
        self._ask()
        return self.files.get((container, path))

    def registry_has(self, reference: str) -> bool:
        self._ask()
        return reference in self.published

    def create_network(self, name: str, *, labels: Mapping[str, str]) -> None:
        self._ask()
        self.networks.setdefault(name, dict(labels))

    def remove_network(self, name: str, *, label: str) -> bool:
        self._ask()
        if name in self.networks and _has(self.networks[name], label) and not self.nodes():
            del self.networks[name]
            return True
        return False

    def started_at(self, container: str) -> datetime:
        self._ask()
        return self.started

    def start(self, container: str) -> None:
        self._turn("start", container, running=True, state="running")
        boot = self.boots.get(container, {})
        self.files |= {(container, path): content for path, content in boot.items()}

    def pause(self, container: str) -> None:
        self._turn("pause", container, running=False, state="paused")

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        self._ask()
        gone = [
            node
            for node in self.rows
            if _has(node.labels, label) and not (without and without in node.labels)
        ]
        self.rows = [node for node in self.rows if node not in gone]
        names = tuple(node.name for node in gone)
        self.files = {key: value for key, value in self.files.items() if key[0] not in names}
        return names

    def _turn(self, verb: str, container: str, **state: Any) -> None:
        self._ask()
        self.asked.append(f"{verb} {container}")
        for number, node in enumerate(self.rows):  # in place: others may add rows meanwhile
            if node.name == container:
                self.rows[number] = replace(node, **state)

    def _ask(self) -> None:
        if not self.alive:
            raise PrerequisiteMissing("The Docker Engine does not answer.")


@dataclass(frozen=True)
class Said:
    stdout: str = ""
    stderr: str = ""


@dataclass
class FakeRunner:
    """Remembers command lines; `answers` are (start of the line, output or error)."""

    answers: list[tuple[tuple[str, ...], str | LabctlError]] = field(default_factory=list)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, timeout: float, **options: Any) -> Said:
        assert timeout > 0
        self.calls.append(tuple(argv))
        for start, answer in self.answers:
            if tuple(argv[: len(start)]) == start:
                if isinstance(answer, LabctlError):
                    raise answer
                return Said(answer)
        return Said()

    def which(self, program: str) -> str | None:
        return f"/usr/bin/{program}"


@dataclass
class FakeKind:
    """Makes node containers in a FakeEngine; `fail` is called in the middle of it."""

    engine: FakeEngine
    fail: Callable[[], None] | None = None
    configs: list[Mapping[str, Any]] = field(default_factory=list)

    def create(
        self,
        name: str,
        *,
        config: Mapping[str, Any],
        kubeconfig: Path,
        on_line: Callable[[str], None],
    ) -> None:
        self.configs.append(config)
        on_line(" • Preparing nodes 📦  ...")
        for number, node in enumerate(config["nodes"]):
            suffix = node["role"] if number < 2 else f"{node['role']}{number}"
            inherited = self.engine.stored[node["image"]].labels
            labels = {**inherited, KIND_CLUSTER: name, KIND_ROLE: node["role"]}
            self.engine.rows.append(
                Node(f"{name}-{suffix}", node["role"], True, "running", node["image"], labels)
            )
        if self.fail:
            self.fail()
        kubeconfig.write_text("kind: Config\n")

    def kubeconfig(self, name: str) -> str:
        return "kind: Config\n"

    def export_logs(self, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)


def node_image(tag: str = "labctl/node:v1.36.3-containerd") -> ImageInfo:
    """What labctl builds under that name."""
    version, _, runtime = tag.partition(":v")[2].partition("-")
    labels = {
        "dev.labctl.kind": "node-image",
        "dev.labctl.kubernetes": version,
        "dev.labctl.runtime": runtime,
        "dev.labctl.version.crun": "1.21-1",
    }
    return ImageInfo("sha256:1", (tag,), (), "linux", "amd64", 1, None, labels)


def _has(labels: Mapping[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
