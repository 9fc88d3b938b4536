"""`docker exec NODE ...` on nodes that are not there, each answering as its runtime would."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.archive import chain_ids
from labctl.errors import ToolFailed
from labctl.model import RUNTIMES, Runtime
from labctl.tools.process import Output
from tests.image_fakes import FakeNodeStore

UNTAGGED: dict[str, Any] = {"id": "sha256:0", "repoTags": []}


@dataclass
class DockerExec:
    """Answers as nodes with crictl, and what puts images into their runtime's store."""

    stores: dict[str, FakeNodeStore]
    full: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, **runtimes: Runtime) -> "DockerExec":
        return cls({name: FakeNodeStore(name, runtime=one) for name, one in runtimes.items()})

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: bytes | Iterable[bytes] | None = None,
    ) -> Output:
        words = [word for word in argv if word != "-i"]
        assert words[:2] == ["docker", "exec"]
        store, command = self.stores[words[2]], words[3:]
        layers = _layers(store, command)
        if layers is not None:
            return Output(layers, "")
        match store.runtime, command:
            case _, ["uname", "-sm"]:
                return Output("Linux x86_64\n", "")
            case Runtime.DOCKERSHIM, ["docker", "image", "list", "--no-trunc", *_]:
                return Output("".join(_docker(store)), "")
            case runtime, ["crictl", "images", "--output", "json"] if runtime in RUNTIMES:
                return Output(json.dumps({"images": [*_crictl(store), UNTAGGED]}), "")
            case Runtime.CONTAINERD, ["ctr", "--namespace", "k8s.io", "images", "import", "-"]:
                return self._take(store, "", stdin)
            case Runtime.CRIO, ["sh", "-c", script, "sh", name] if "skopeo copy" in script:
                return self._take(store, name, stdin)
            case Runtime.DOCKER | Runtime.DOCKERSHIM, ["docker", "load", "--quiet"]:
                return self._take(store, "", stdin)
        raise AssertionError(command)

    def _take(
        self, store: FakeNodeStore, name: str, stdin: bytes | Iterable[bytes] | None
    ) -> Output:
        assert not isinstance(stdin, bytes | None)
        if store.node in self.full:
            next(iter(stdin))
            raise ToolFailed("'docker' exited with 1.", details=("disk full",))
        store.import_stream(name, stdin)
        return Output("", "")


def _layers(store: FakeNodeStore, command: Sequence[str]) -> str | None:
    """What each runtime's tools say of the layers that are there; None for other commands."""
    stacks = store.stacks
    match store.runtime, command:
        case Runtime.CONTAINERD, ["ctr", *_, "snapshots", "--snapshotter", "overlayfs", "list"]:
            chains = [chain for stack in stacks.values() for chain in chain_ids(stack)]
            rows = "".join(f"{one}  parent  Committed\n" for one in chains)
            return f"KEY PARENT KIND\n1 parent Active\n{rows}"
        case Runtime.CRIO, ["sh", "-c", script] if "overlay-layers/layers.json" in script:
            diff_ids = [one for stack in stacks.values() for one in stack]
            return json.dumps([{"id": "0"}, *({"diff-digest": one} for one in diff_ids)])
        case _, ["docker", "image", "list", "--all", "--quiet", "--no-trunc"]:
            return "".join(f"{one}\n" for one in stacks)
        case _, ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", *ids]:
            return "".join(f"{json.dumps(stacks[one])}\n" for one in ids)
    return None


def _crictl(store: FakeNodeStore) -> list[dict[str, Any]]:
    """The images in the words of the node's runtime."""
    found = []
    for name, held in store.held.items():
        if store.runtime is Runtime.CRIO:
            found.append({"id": held.removeprefix("sha256:"), "repoTags": [name]})
        elif store.runtime is Runtime.DOCKER:
            found.append({"id": held, "repoTags": [_short(name)]})
        else:
            found.append({"id": held, "repoTags": [name]})
    return found


def _docker(store: FakeNodeStore) -> Iterator[str]:
    """The images in the words of a Docker Engine, one a line."""
    for name, held in store.held.items():
        repository, _, tag = _short(name).rpartition(":")
        yield json.dumps({"ID": held, "Repository": repository, "Tag": tag}) + "\n"


def _short(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/")
