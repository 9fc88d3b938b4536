"""A node whose runtime is containerd: what it has, and how an image gets in."""

import json
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from labctl.errors import ToolFailed

ASK: Final = 60.0
IMPORT: Final = 1800.0
"""Seconds. An import goes at the pace of the slowest node, so it may take long."""
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


class Output(Protocol):
    """What a program printed."""

    @property
    def stdout(self) -> str: ...  # noqa: D102


class Runner(Protocol):
    """Starts programs; labctl.tools.process.Process is the real one."""

    def run(  # noqa: D102
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: bytes | Iterable[bytes] | None = None,
    ) -> Output: ...


class Containerd:
    """The image store of one node, reached with `docker exec`."""

    def __init__(self, process: Runner, node: str) -> None:
        self.node = node
        self._process = process

    def images(self) -> dict[str, str]:
        """The config digest of each named image, by full name, as the kubelet would find it."""
        answer = self._ask("crictl", "images", "--output", "json")
        try:
            return {
                name: image["id"]
                for image in json.loads(answer)["images"]
                for name in image.get("repoTags") or ()
            }
        except (ValueError, KeyError) as err:
            raise ToolFailed(f"crictl on node '{self.node}' gave an answer of no use.") from err

    def image(self, name: str) -> str | None:
        """The config digest of the image with that full name, or None."""
        return self.images().get(name)

    def platform(self) -> str:
        """What the node runs, like `linux/amd64`."""
        system, machine = self._ask("uname", "-sm").lower().split()
        return f"{system}/{_MACHINES.get(machine, machine)}"

    def import_stream(self, chunks: Iterable[bytes]) -> None:
        """Put an OCI layout into containerd under the names that it carries, and unpack it.

        A name that is taken moves to the new image. The chunks must not raise: a stream that ends
        early is refused by containerd as a whole.
        """
        self._run(
            ["ctr", "--namespace", "k8s.io", "images", "import", "-"],
            timeout=IMPORT,
            stdin=chunks,
        )

    def _ask(self, *argv: str) -> str:
        return self._run(argv, timeout=ASK).stdout

    def _run(
        self, argv: Sequence[str], *, timeout: float, stdin: Iterable[bytes] | None = None
    ) -> Output:
        interactive = ["-i"] if stdin is not None else []
        try:
            return self._process.run(
                ["docker", "exec", *interactive, self.node, *argv], timeout=timeout, stdin=stdin
            )
        except ToolFailed as err:
            reason = err.details[-1] if err.details else err.message
            raise type(err)(
                f"'{argv[0]}' failed on node '{self.node}': {reason}",
                argv=err.argv,
                hint=err.hint,
                details=err.details,
            ) from err
