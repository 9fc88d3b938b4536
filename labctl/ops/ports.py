"""What the use cases need from the outside, as small Protocols. `labctl.tools` has the real ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from labctl.model import EngineInfo, ImageInfo, Node


class Output(Protocol):
    """What a program printed."""

    @property
    def stdout(self) -> str: ...  # noqa: D102
    @property
    def stderr(self) -> str: ...  # noqa: D102


class Runner(Protocol):
    """Starts outside programs; see labctl.tools.process for the errors."""

    def run(  # noqa: D102
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes | IO[bytes] | Iterable[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
        stdout: IO[bytes] | None = None,
        cwd: str | None = None,
    ) -> Output: ...

    def which(self, program: str) -> str | None: ...  # noqa: D102


class Progress(Protocol):
    """Where long work tells how far it is. Phases don't nest."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Show a phase with its elapsed time; close it as failed when the block raises."""

    def detail(self, text: str) -> None:
        """What the current phase waits for or does, in a few words."""

    def note(self, text: str) -> None:
        """One line that stays on screen."""


class Engine(Protocol):
    """The Docker Engine on the learner's machine."""

    def info(self) -> EngineInfo:
        """Raises PrerequisiteMissing when the engine does not answer."""

    def nodes(self) -> tuple[Node, ...]:
        """All node containers of all kind clusters, running or not."""

    def image(self, reference: str) -> ImageInfo | None:
        """The image by that name or id, or None."""

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        """The images that carry a label, `key` or `key=value`."""

    def untag(self, reference: str) -> bool:
        """Remove a name, and the image with its last one; False where a container needs it.

        No such image is success.
        """

    def derive(
        self, image: str, target: str, *, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Make an image that is another one plus labels and files (absolute path -> content)."""

    def put_file(self, container: str, path: str, content: bytes) -> None:
        """Write a file in a container, running or not."""

    def get_file(self, container: str, path: str) -> bytes | None:
        """A file's content in a container, running or not; None when there is none."""

    def registry_has(self, reference: str) -> bool:
        """Whether the engine can reach a registry that has the image."""

    def create_network(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Make a bridge network unless one of that name is there."""

    def remove_network(self, name: str, *, label: str) -> bool:
        """Remove a network that has the label and nothing on it; says whether it went."""

    def started_at(self, container: str) -> datetime:
        """When a container was last started."""

    def start(self, container: str) -> None:
        """Start a stopped container, or go on with a paused one."""

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container."""

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        """Remove containers with a label, but those with another; answers their names."""


class Clusters(Protocol):
    """The kind program."""

    def create(
        self,
        name: str,
        *,
        config: Mapping[str, Any],
        kubeconfig: Path,
        on_line: Callable[[str], None],
    ) -> None:
        """Create the node containers and run kubeadm; kubeconfig is the only one written."""

    def kubeconfig(self, name: str) -> str:
        """The cluster's kubeconfig as text."""

    def export_logs(self, name: str, folder: Path) -> None:
        """Collect the nodes' logs."""
