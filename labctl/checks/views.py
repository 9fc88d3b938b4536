"""What a check sees of the cluster and of its lab: questions only, each with its command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from labctl.checks.api import Missing, name_of
from labctl.checks.ports import KubeReader
from labctl.errors import KubeNotFound, LabInvalid
from labctl.resource import Fields, Resource


@dataclass
class Recorder:
    """The command lines behind the questions of the check that runs now."""

    probe: bool = False
    commands: dict[str, None] = field(default_factory=dict)

    def start(self, *, probe: bool) -> None:
        """Another check begins."""
        self.probe = probe
        self.commands.clear()

    def must_probe(self, what: str) -> None:
        """LabInvalid where the check that runs now may only look."""
        if not self.probe:
            raise LabInvalid(f"{what}: the check needs @check(probe=True).")

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
        chosen = f" -l {quote(selector)}" if selector else ""
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


@dataclass
class LabView:
    """The lab, and what earlier checks returned."""

    id: str
    namespace: str
    images: tuple[str, ...]
    steps: tuple[str, ...]
    params: Fields = field(default_factory=lambda: Fields({}))
    """The learner's own values, by name."""
    values: dict[str, Any] = field(default_factory=dict)

    def value(self, check: Callable[..., Any] | str) -> Any:
        """What a check returned that passed before; name it in `needs`."""
        name = name_of(check)
        if name not in self.values:
            raise LabInvalid(f"Check '{name}' has no value here: name it in `needs`.")
        return self.values[name]
