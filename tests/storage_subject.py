"""What the tests of FakeStorage and of the real engine's volumes ask: both, in the same words."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from labctl.errors import ToolFailed, ToolTimeout
from labctl.model import (
    CHECKPOINT,
    KIND_CLUSTER,
    KIND_ROLE,
    LABEL_CHECKPOINT,
    LABEL_CLUSTER,
    LABEL_KIND,
    NETWORK,
    Node,
)
from labctl.nodeimage.recipe import BASE
from labctl.ops.checkpoints import Storage
from labctl.ops.ports import Engine
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_volumes import EngineVolumes
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import FakeEngine, node_image

WAIT = 30.0
GONE = "/etc/passwd"
ENTRY = ("sh", "/kind/labctl/restore/entry.sh")
NOTHING = "no such thing"

ANSWERS: dict[str, str | BaseException] = {
    "echo here": "here\n",
    "exit 3": ToolFailed(f"{NOTHING}.", details=["first", NOTHING]),
    "exit 28": ToolFailed("No space left on device."),
    "sleep 60": ToolTimeout("it took over 1 s."),
    "touch /var": ToolFailed("Read-only file system."),
    "cat /checkpoint/a": "a\n",
    "cat /made": "made\n",
    "cat /var/mark": "x\n",
    "echo $KIND": "saved\n",
}
"""What a shell says to the scripts in here, for the fake."""


@dataclass
class Subject:
    """An engine with a node container that has a volume, and what works on volumes there."""

    engine: Engine
    storage: Storage
    name: str
    hold: Callable[[str], None]
    """Have some container use a volume."""

    @property
    def container(self) -> str:
        return f"{self.name}-control-plane"

    @property
    def volume(self) -> str:
        return f"{self.name}.0"

    @property
    def image(self) -> str:
        return f"labctl/checkpoint:{self.name}.0"

    @property
    def base(self) -> str:
        """An image with an entrypoint, where the engine is a real one."""
        return f"labctl/checkpoint:{self.name}.base"

    @property
    def label(self) -> str:
        return f"{LABEL_CHECKPOINT}={self.name}"

    @property
    def labels(self) -> dict[str, str]:
        return {LABEL_KIND: CHECKPOINT, LABEL_CHECKPOINT: self.name}

    def run(
        self, script: str, *, mounted: bool = False, volumes_from: str = "", commit: str = ""
    ) -> str:
        return self.storage.run(
            BASE,
            script,
            labels=self.labels,
            volumes={self.volume: "/checkpoint"} if mounted else {},
            volumes_from=volumes_from,
            environ={"KIND": "saved"},
            commit=commit,
            timeout=WAIT,
        )

    def make_node(self, name: str = "worker", image: str = BASE, *, published: bool = False) -> str:
        made = f"{self.name}-{name}"
        labels = {**self.labels, KIND_CLUSTER: self.name, KIND_ROLE: name}
        record = self.storage.node_record(self.container)
        self.storage.make_node(made, image, record, entry=ENTRY, labels=labels, published=published)
        return made

    def nothing_works(self) -> bool:
        """Whether no container is left of what was run."""
        return self.engine.remove_containers(self.label) == ()


def fake(name: str) -> Iterator[Subject]:
    labels = {KIND_CLUSTER: name, LABEL_CLUSTER: name}
    node = Node(f"{name}-control-plane", "", False, "created", BASE, labels)
    base = replace(node_image(BASE), labels={LABEL_KIND: "base"})
    engine = FakeEngine(rows=[node], stored={BASE: base})
    storage = FakeStorage(engine, answers=ANSWERS, changed={node.name: {GONE: False}})
    yield Subject(engine, storage, name, storage.in_use.add)


def _docker(*argv: str, check: bool = True) -> None:
    subprocess.run(["docker", *argv], check=check, capture_output=True, timeout=60)


def real(name: str) -> Iterator[Subject]:
    engine = DockerEngine(os.environ)
    storage = EngineVolumes(engine)
    labels = ["--label", f"{KIND_CLUSTER}={name}", "--label", f"{LABEL_CLUSTER}={name}"]
    had_network = bool(engine.api.networks(names=[NETWORK]))
    engine.create_network(NETWORK, labels={LABEL_KIND: "network"})

    def hold(volume: str) -> None:
        _docker("create", *labels, "--volume", f"{volume}:/held", BASE, "true")

    argv = ["--name", f"{name}-control-plane", *labels, "--privileged", "--network", NETWORK]
    argv += ["--volume", "/var", "--tmpfs", "/run", "--env", "MADE=here", "--entrypoint", "sh"]
    subject = Subject(engine, storage, name, hold)
    try:
        _docker("create", *argv, BASE, "-c", f"rm {GONE}; exec sleep 60")
        changes = ["--change", 'ENTRYPOINT ["/entry", "/init"]', "--change", "STOPSIGNAL SIGHUP"]
        _docker("commit", *changes, subject.container, subject.base)
        yield subject
    finally:
        for label in (subject.label, f"{LABEL_CLUSTER}={name}"):
            engine.remove_containers(label)
        _docker("volume", "rm", "--force", subject.volume, check=False)
        _docker("rmi", "--force", subject.image, subject.base, check=False)
        if not had_network:
            engine.remove_network(NETWORK, label=f"{LABEL_KIND}=network")
        engine.api.close()
