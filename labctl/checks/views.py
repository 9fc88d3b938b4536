"""What a check sees of cluster, engine and nodes: questions only, each with its command line."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labctl import archive
from labctl.checks.api import Missing, name_of
from labctl.checks.ports import EngineReader, KubeReader, Runner
from labctl.errors import KubeNotFound, LabInvalid, ToolFailed
from labctl.image_names import digest, names
from labctl.model import LABEL_RUNTIME, ImageInfo, Node, Runtime
from labctl.resource import Resource

EXEC_TIMEOUT: Final = 60.0
ANSWER: Final = re.compile(r"\n@answer (\d{3})\n")
CURL_LOOP: Final = (
    "i=0; while [ $i -lt $2 ]; do "
    "curl -sS -m 5 -w '\\n@answer %{http_code}\\n' \"$1\" 2>/dev/null; "
    "i=$((i+1)); done; true"
)


@dataclass
class Recorder:
    """The command lines behind the questions of the check that runs now."""

    probe: bool = False
    commands: dict[str, None] = field(default_factory=dict)

    def start(self, *, probe: bool) -> None:
        """Another check begins."""
        self.probe = probe
        self.commands.clear()

    def saw(self, command: str) -> None:
        """A question was asked; the same one is listed once."""
        self.commands[command] = None


class KubeView:
    """The cluster, in the lab's namespace unless told otherwise."""

    def __init__(self, kube: KubeReader, namespace: str, recorder: Recorder) -> None:
        self._kube = kube
        self._namespace = namespace
        self._recorder = recorder

    def get(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        code: str = "missing",
    ) -> Resource:
        """The object; Missing with that code and the names that are there instead."""
        self._saw(f"get {kind.lower()} {name} -o yaml", namespace)
        try:
            return self._kube.get(api_version, kind, name, namespace or self._namespace)
        except KubeNotFound as err:
            actual = list(err.names)
            raise Missing(code, expected=f"{kind} '{name}'", actual=actual) from err

    def find(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Resource | None:
        """The object, or None."""
        try:
            return self.get(api_version, kind, name, namespace)
        except Missing:
            return None

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        selector: str | Mapping[str, str] = "",
        namespace: str | None = None,
    ) -> tuple[Resource, ...]:
        """The objects of a kind."""
        if isinstance(selector, Mapping):
            selector = ",".join(f"{key}={value}" for key, value in selector.items())
        chosen = f" -l {selector}" if selector else ""
        self._saw(f"get {kind.lower()}{chosen}", namespace)
        return self._kube.list(api_version, kind, namespace or self._namespace, selector)

    def pods(
        self, *, selector: str | Mapping[str, str] = "", namespace: str | None = None
    ) -> tuple[Resource, ...]:
        """Pods by their labels."""
        return self.list("v1", "Pod", selector=selector, namespace=namespace)

    def labels_in_use(self, kind: str, api_version: str = "v1") -> tuple[str, ...]:
        """Every label of the objects of a kind, as `key=value`, without those that hash a template."""
        found = self.list(api_version, kind)
        labels = {pair for one in found for pair in one.labels.items() if "hash" not in pair[0]}
        return tuple(sorted(f"{key}={value}" for key, value in labels))

    def logs(self, pod: str, container: str = "", *, tail: int = 20, previous: bool = False) -> str:
        """The last lines of a container; of the Pod's only one without a name."""
        self._saw(f"logs {pod}{f' -c {container}' if container else ''}", None)
        container = container or self._only_container(pod)
        return self._kube.logs(pod, container, self._namespace, tail=tail, previous=previous)

    def events(self, about: Resource) -> tuple[Resource, ...]:
        """What the cluster said about an object, oldest first."""
        self._saw(f"events --for {about.kind.lower()}/{about.name}", about.namespace or None)
        return self._kube.events(about)

    def _only_container(self, pod: str) -> str:
        return str(self.get("v1", "Pod", pod).spec.containers[0].name)

    def _saw(self, words: str, namespace: str | None) -> None:
        self._recorder.saw(f"labctl kubectl {words} -n {namespace or self._namespace}")


@dataclass(frozen=True, slots=True)
class ContainerView:
    """A container of the learner's engine."""

    name: str
    image: str
    image_id: str
    state: str
    ports: tuple[int, ...]
    """Published ports of this machine."""
    labels: Mapping[str, str]


class EngineView:
    """The learner's Docker Engine."""

    def __init__(self, engine: EngineReader, recorder: Recorder) -> None:
        self._engine = engine
        self._recorder = recorder

    def image(self, reference: str) -> ImageInfo | None:
        """The image by that name or id, or None."""
        self._recorder.saw(f"docker image inspect {reference}")
        return self._engine.image(reference)

    def config_digest(self, reference: str) -> str | None:
        """The digest of the image's configuration, as a node's `id` has it; None without the image.

        An image's own id is that digest in only one of the engine's two stores.
        """
        self._recorder.saw(f"docker image save {reference} | tar -xOf - manifest.json")
        image = self._engine.image(reference)
        if image is None or not self._engine.info().containerd_store:
            return image.image_id if image else None
        platform = f"{image.os}/{image.architecture}"
        saved = self._engine.save([reference])
        return archive.config_digest(saved, image_id=image.image_id, platform=platform)

    def containers(self, *, image: str = "") -> tuple[ContainerView, ...]:
        """Containers, running or not; those of one image where it is given."""
        chosen = f" --filter ancestor={image}" if image else ""
        self._recorder.saw(f"docker ps --all{chosen}")
        return tuple(
            ContainerView(
                name=row["Names"][0].lstrip("/"),
                image=row["Image"],
                image_id=row["ImageID"],
                state=row["State"],
                ports=tuple(
                    sorted({p["PublicPort"] for p in row.get("Ports") or () if "PublicPort" in p})
                ),
                labels=row.get("Labels") or {},
            )
            for row in self._engine.containers(image=image)
        )


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


class NodeView:
    """A node of the cluster, seen from the inside with crictl and curl."""

    def __init__(self, node: Node, runner: Runner, recorder: Recorder) -> None:
        self.name = node.name
        self.role = node.role
        self._runtime = node.labels.get(LABEL_RUNTIME, "")
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
        if self._runtime == Runtime.DOCKERSHIM:  # it speaks no CRI that crictl knows
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
        if not self._recorder.probe:
            raise LabInvalid("http_get sends traffic: the check needs @check(probe=True).")
        self._recorder.saw(f"docker exec {self.name} curl -s {url}")
        output = self._run(["sh", "-c", CURL_LOOP, "sh", url, str(times)])
        parts = ANSWER.split(output)
        return tuple(
            HttpAnswer(int(status), body)
            for body, status in zip(parts[::2], parts[1::2], strict=False)
        )

    def _exec(self, command: Sequence[str]) -> str:
        self._recorder.saw(f"docker exec {self.name} {' '.join(command)}")
        return self._run(command)

    def _run(self, command: Sequence[str]) -> str:
        return self._runner.run(
            ["docker", "exec", self.name, *command], timeout=EXEC_TIMEOUT
        ).stdout


@dataclass
class LabView:
    """The lab, and what earlier checks returned."""

    id: str
    namespace: str
    images: tuple[str, ...]
    steps: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)

    def value(self, check: Callable[..., Any] | str) -> Any:
        """What a check returned that passed before; name it in `needs`."""
        name = name_of(check)
        if name not in self.values:
            raise LabInvalid(f"Check '{name}' has no value here: name it in `needs`.")
        return self.values[name]


def _node_image(raw: Mapping[str, Any]) -> NodeImage:
    return NodeImage(
        id=digest(raw["id"]),
        tags=names(raw.get("repoTags")),
        digests=tuple(raw.get("repoDigests") or ()),
    )
