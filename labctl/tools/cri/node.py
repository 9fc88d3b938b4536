"""A node's image store as its CRI runtime shows it, whatever the runtime is."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import accumulate
from operator import and_
from typing import Final, Protocol

from labctl.archive import Layer, chain_ids
from labctl.errors import ToolFailed
from labctl.image_names import digest, names
from labctl.tools.cri import processes
from labctl.trace import Cri, Running, Stored
from labctl.waiting import Clock, Pending, wait_until

ASK: Final = 60.0
IMPORT: Final = 1800.0
"""Seconds. An import goes at the pace of the slowest node, so it may take long."""
FREE: Final = 120.0
"""Seconds. The kubelet clears dead containers away once a minute."""
IN_USE: Final = "in use by a container"
CRICTL: Final = "/etc/crictl.yaml"
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


class NodeStore:
    """The image store of one node, reached with `docker exec`. A runtime adds how images get in."""

    def __init__(self, process: Runner, node: str, *, clock: Clock | None = None) -> None:
        self.node = node
        self._process = process
        self._clock = clock

    def images(self) -> dict[str, str]:
        """The config digest of each named image, by full name, as the kubelet would find it."""
        answer = self.ask("crictl", "images", "--output", "json")
        try:
            return {
                name: digest(image["id"])
                for image in json.loads(answer)["images"]
                for name in names(image.get("repoTags"))
            }
        except (ValueError, KeyError) as err:
            raise ToolFailed(f"crictl on node '{self.node}' gave an answer of no use.") from err

    def platform(self) -> str:
        """What the node runs, like `linux/amd64`."""
        system, machine = self.ask("uname", "-sm").lower().split()
        return f"{system}/{_MACHINES.get(machine, machine)}"

    def lacks(self, layers: Sequence[Layer]) -> frozenset[str]:
        """The digests of those of an image's layers that its archive must bring.

        With a chain ID that is missing all above it are: a store unpacks from there on.
        """
        chains = self.chains()
        known = [one in chains for one in chain_ids([layer.diff_id for layer in layers])]
        return frozenset(
            layer.digest
            for layer, there in zip(layers, accumulate(known, and_), strict=True)
            if not there
        )

    def chains(self) -> frozenset[str]:
        """The chain IDs of all layers in the node's store."""
        raise NotImplementedError

    def import_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Take in an image archive as labctl.archive writes it, under its full name.

        A name that is taken moves to the new image. The chunks must not raise: a stream that ends
        early is refused as a whole.
        """
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Take an image's full name from the node, and the image with its last one.

        Waits for containers of Pods that are gone: the kubelet clears them away a while later.
        """
        wait_until(
            partial(self._removed, name),
            what=f"image '{name}' to be free on node '{self.node}'",
            timeout=FREE,
            interval=1.0,
            clock=self._clock,
        )

    def _removed(self, name: str) -> bool | Pending:
        try:
            # Its own patience is 2 s, and a busy disk needs more to remove an image.
            self.ask("crictl", "--timeout", f"{ASK:.0f}s", "rmi", name)
        except ToolFailed as err:
            if IN_USE in err.message:  # CRI-O; containerd does not mind
                return Pending("a container still uses it")
            raise
        return True

    def cri(self) -> Cri:
        """Who answers CRI calls on the node, and where."""
        said = dict(
            re.findall(r"^(\w+):\s+(\S+)", self.ask("crictl", "version"), flags=re.MULTILINE)
        )
        socket = re.search(r"^runtime-endpoint:\s*(\S+)", self.ask("cat", CRICTL), re.MULTILINE)
        version = said.get("RuntimeVersion", "").removeprefix("v")
        return Cri(said.get("RuntimeName", ""), version, socket[1] if socket else "")

    def stored(self, name: str) -> Stored | None:
        """The image of that full name, looked at with the runtime's own tools; None without it."""
        config = self.images().get(name)
        return self.look(name, config) if config else None

    def look(self, name: str, config: str) -> Stored:
        """What the node's store says of an image that it has."""
        raise NotImplementedError

    def running(self, *, digests: Collection[str], ids: Collection[str]) -> tuple[Running, ...]:
        """The running containers of an image, see labctl.tools.cri.processes."""
        return processes.running(self.ask, digests=digests, ids=ids)

    def ask(self, *argv: str) -> str:
        """What a program on the node prints; ToolFailed names program, node and reason."""
        return self.exec(argv, timeout=ASK).stdout

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: Iterable[bytes] | None = None,
        program: str = "",
    ) -> Output:
        """Run a program on the node; `program` is its name in errors where argv has a shell's."""
        interactive = ["-i"] if stdin is not None else []
        try:
            return self._process.run(
                ["docker", "exec", *interactive, self.node, *argv], timeout=timeout, stdin=stdin
            )
        except ToolFailed as err:
            reason = err.details[-1] if err.details else err.message
            raise type(err)(
                f"'{program or argv[0]}' failed on node '{self.node}': {reason}",
                argv=err.argv,
                hint=err.hint,
                details=err.details,
            ) from err
