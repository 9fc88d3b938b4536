"""What a check sees of a node, from the inside: crictl, /proc, systemd and curl."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import join, quote
from typing import Any, Final

from labctl.checks.ports import Runner
from labctl.checks.views import Recorder
from labctl.checks.views_engine import Answer
from labctl.errors import ToolFailed
from labctl.image_names import digest, names
from labctl.model import LABEL_RUNTIME, Node, Runtime
from labctl.tools.cri.processes import started
from labctl.trace import Started

EXEC_TIMEOUT: Final = 60.0
ANSWER: Final = re.compile(r"\n@answer (\d{3}) ([\d.]+)\n")
CURL_LOOP: Final = (
    "i=0; while [ $i -lt $2 ]; do "
    "curl -sS -m 5 -w '\\n@answer %{http_code} %{time_total}\\n' \"$1\" 2>/dev/null; "
    "i=$((i+1)); done; true"
)
PROCESSES: Final = r"""
for one in /proc/[0-9]*; do
  { read -r line <"$one/stat" && args=$(tr '\0\n' '\001 ' <"$one/cmdline"); } 2>/dev/null || continue
  printf '%s\n\001%s\n' "$line" "$args"
done
"""
STAT: Final = re.compile(r"(\d+) \((.*)\) \S (\d+) ")
CODE: Final = re.compile(r"@code (\d+)\n\Z")
WITH_CODE: Final = '"$@"; code=$?; echo "@code $code"'


@dataclass(frozen=True, slots=True)
class NodeImage:
    """An image as a node's CRI runtime shows it. `id` is the digest of the image's config."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer; status 0 when none came."""

    status: int
    body: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A process on a node. `argv` is empty for the kernel's own and for a zombie."""

    pid: int
    ppid: int
    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A Pod's sandbox as the runtime has it; `state` is `ready` or `notready`."""

    id: str
    name: str
    namespace: str
    state: str
    handler: str
    """The RuntimeClass's handler; empty for the default."""


@dataclass(frozen=True, slots=True)
class NodeContainer:
    """A container as the runtime has it; `state` is `running`, `exited`, `created` or `unknown`."""

    id: str
    name: str
    pod: str
    namespace: str
    state: str
    image: str
    attempt: int
    """Counts restarts in the same Pod."""


class NodeView:
    """A node of the cluster, seen from the inside with crictl and curl."""

    def __init__(self, node: Node, runner: Runner, recorder: Recorder) -> None:
        self.name = node.name
        self.role = node.role
        self.runtime = node.labels.get(LABEL_RUNTIME, "")
        self._runner = runner
        self._recorder = recorder

    def image(self, reference: str) -> NodeImage | None:
        """The image by that name, or None where the node does not have it."""
        try:
            return _node_image(self._inspect(reference))
        except ToolFailed as err:
            if any("no such image" in line.lower() for line in err.details):
                return None
            raise

    def _inspect(self, reference: str) -> Mapping[str, Any]:
        if self.runtime == Runtime.DOCKERSHIM:  # it speaks no CRI that crictl knows
            found = json.loads(self._exec(["docker", "image", "inspect", reference]))[0]
            keys = {"id": "Id", "repoTags": "RepoTags", "repoDigests": "RepoDigests"}
            return {name: found[key] for name, key in keys.items()}
        status: Mapping[str, Any] = json.loads(
            self._exec(["crictl", "inspecti", "-o", "json", reference])
        )["status"]
        return status

    def images(self) -> tuple[NodeImage, ...]:
        """All images in the node's store."""
        found = json.loads(self._exec(["crictl", "images", "-o", "json"]))
        return tuple(_node_image(one) for one in found["images"])

    def http_get(self, url: str, *, times: int = 1) -> tuple[HttpAnswer, ...]:
        """GET a URL from inside the node, each time over a connection of its own.

        Raises:
            LabInvalid: the check isn't declared with `probe=True`.
        """
        self._recorder.must_probe("http_get sends traffic")
        self._recorder.saw(f"docker exec {self.name} curl -s {quote(url)}")
        output = self._run(["sh", "-c", CURL_LOOP, "sh", url, str(times)])
        parts = ANSWER.split(output)
        return tuple(
            HttpAnswer(int(status), body, float(seconds))
            for body, status, seconds in zip(parts[::3], parts[1::3], parts[2::3], strict=False)
        )

    def processes(self) -> tuple[NodeProcess, ...]:
        """Every process on the node, those in containers too, by the node's own PIDs."""
        self._recorder.saw(f"docker exec {self.name} ps -ef")
        lines = self._run(["bash", "-c", PROCESSES]).split("\n")
        return tuple(
            NodeProcess(int(seen[1]), int(seen[3]), seen[2], _argv(args))
            for stat, args in zip(lines[::2], lines[1::2], strict=False)
            if (seen := STAT.match(stat))
        )

    def file(self, path: str) -> str | None:
        """A text file on the node; None where there is none."""
        self._recorder.saw(f"docker exec {self.name} cat {quote(path)}")
        try:
            return self._run(["head", "-c", "1048576", path])
        except ToolFailed as err:
            if any("No such file" in line for line in err.details):
                return None
            raise

    def unit(self, name: str) -> str:
        """What systemd says of a unit: `active`, `inactive`, `failed`, `activating`, ..."""
        self._recorder.saw(f"docker exec {self.name} systemctl is-active {name}")
        return self._try(["systemctl", "is-active", name]).out.strip()

    def sandboxes(self) -> tuple[Sandbox, ...]:
        """The sandboxes of Pods, also of those that no kubelet knows; none on a historic worker."""
        found = json.loads(self._exec(["crictl", "pods", "-o", "json"]))
        return tuple(
            Sandbox(
                id=one["id"],
                name=one["metadata"]["name"],
                namespace=one["metadata"].get("namespace", ""),
                state=_state(one["state"], "SANDBOX_"),
                handler=one.get("runtimeHandler", ""),
            )
            for one in found.get("items") or ()
        )

    def containers(self) -> tuple[NodeContainer, ...]:
        """The containers of Pods, running or not."""
        found = json.loads(self._exec(["crictl", "ps", "-a", "-o", "json"]))
        return tuple(
            NodeContainer(
                id=one["id"],
                name=one["metadata"]["name"],
                pod=(one.get("labels") or {}).get("io.kubernetes.pod.name", ""),
                namespace=(one.get("labels") or {}).get("io.kubernetes.pod.namespace", ""),
                state=_state(one["state"], "CONTAINER_"),
                image=one["image"]["image"],
                attempt=int(one["metadata"].get("attempt") or 0),
            )
            for one in found.get("containers") or ()
        )

    def started(self, container: str) -> Started | None:
        """Who started a running container's process, and what it has of its own; by full id.

        The answer has pid, parent, oci_runtime, oci_version, namespaces, shared and cgroup.
        """
        inspect = ["crictl", "inspect", container]
        try:
            pid = int(json.loads(self._exec(inspect))["info"]["pid"])
        except (KeyError, ValueError):
            return None
        return started(lambda *argv: self._run(argv), pid, container) if pid else None

    def run(self, argv: Sequence[str], *, timeout: float = 30.0) -> Answer:
        """Run anything on the node.

        Raises:
            LabInvalid: the check isn't declared with `probe=True`.
            ToolTimeout: it did not end in time.
        """
        self._recorder.must_probe("node.run may change things")
        self._recorder.saw(f"docker exec {self.name} {join(argv)}")
        return self._try(argv, timeout=timeout)

    def _try(self, argv: Sequence[str], *, timeout: float = EXEC_TIMEOUT) -> Answer:
        """The code is printed by the node's shell: docker's own failures stay failures."""
        said = self._runner.run(
            ["docker", "exec", self.name, "sh", "-c", WITH_CODE, "sh", *argv], timeout=timeout
        )
        code = CODE.search(said.stdout)
        out = said.stdout[: code.start()] if code else said.stdout
        return Answer(int(code[1]) if code else 1, out, said.stderr)

    def _exec(self, command: Sequence[str]) -> str:
        self._recorder.saw(f"docker exec {self.name} {' '.join(command)}")
        return self._run(command)

    def _run(self, command: Sequence[str]) -> str:
        return self._runner.run(
            ["docker", "exec", self.name, *command], timeout=EXEC_TIMEOUT
        ).stdout


def _node_image(raw: Mapping[str, Any]) -> NodeImage:
    return NodeImage(
        id=digest(raw["id"]),
        tags=names(raw.get("repoTags")),
        digests=tuple(raw.get("repoDigests") or ()),
    )


def _argv(args: str) -> tuple[str, ...]:
    return tuple(args.strip("\001").split("\001")) if args.strip("\001") else ()


def _state(text: str, prefix: str) -> str:
    """`SANDBOX_READY` -> `ready`."""
    return text.removeprefix(prefix).lower()
