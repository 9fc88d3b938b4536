"""What checks need from the outside, as small Protocols. `labctl.tools` has the real ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from labctl.model import EngineInfo, ImageInfo
from labctl.resource import Resource


class KubeReader(Protocol):
    """The part of labctl.tools.kube.Kube that reads."""

    def get(  # noqa: D102
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Resource: ...

    def list(  # noqa: D102
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
    ) -> tuple[Resource, ...]: ...

    def logs(  # noqa: D102
        self, pod: str, container: str, namespace: str, *, tail: int = 20, previous: bool = False
    ) -> str: ...

    def events(self, about: Resource) -> tuple[Resource, ...]: ...  # noqa: D102


class EngineReader(Protocol):
    """The part of labctl.tools.engine.DockerEngine that checks may use."""

    def info(self) -> EngineInfo: ...  # noqa: D102

    def image(self, reference: str) -> ImageInfo | None: ...  # noqa: D102

    def save(self, references: Sequence[str]) -> Iterator[bytes]: ...  # noqa: D102

    def containers(self, label: str = "", *, image: str = "") -> list[dict[str, Any]]: ...  # noqa: D102

    def container(self, name: str) -> dict[str, Any] | None: ...  # noqa: D102

    def image_config(self, reference: str) -> dict[str, Any] | None: ...  # noqa: D102

    def small_file(self, container: str, path: str, most: int) -> bytes | None: ...  # noqa: D102

    def logs(self, container: str, tail: int) -> str: ...  # noqa: D102

    def try_run(  # noqa: D102
        self,
        image: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cpus: str,
        timeout: float,
    ) -> tuple[int, str, str]: ...


class Output(Protocol):
    """What a program printed."""

    @property
    def stdout(self) -> str: ...  # noqa: D102

    @property
    def stderr(self) -> str: ...  # noqa: D102


class Runner(Protocol):
    """Starts programs, as labctl.tools.process.Process does."""

    def run(self, argv: Sequence[str], *, timeout: float) -> Output: ...  # noqa: D102
