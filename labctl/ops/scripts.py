"""Running a lab's own shell scripts: its scene's, its solutions' and its mistakes'."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from labctl.catalog import Lab
from labctl.model import Cluster

TIMEOUT: Final = 600.0
# As `set -e` with pipefail, but for 141: a program that was told to stop by SIGPIPE, because
# `head` had enough, did nothing wrong.
STOP_AT_ERRORS: Final = """\
set -Euo pipefail
trap 'for status in "${PIPESTATUS[@]}"; do
  case $status in 0|141) ;; *) exit "$status" ;; esac
done' ERR
"""


class Output(Protocol):
    """What a program printed."""

    @property
    def stdout(self) -> str: ...  # noqa: D102


class Runner(Protocol):
    """Starts programs, as labctl.tools.process.Process does."""

    def run(  # noqa: D102
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Output: ...


@dataclass(frozen=True)
class Scripts:
    """One lab's scripts against one cluster. `path` is the learner's PATH."""

    lab: Lab
    cluster: Cluster
    runner: Runner
    kubeconfig: Path
    path: str
    work: Path
    """The learner's working folder."""

    def run(self, script: Path, *, timeout: float = TIMEOUT) -> Output:
        """Run a script in the lab's folder with `bash -eu`; ToolFailed where it fails."""
        argv = ["bash", "-eu", str(script.absolute())]
        return self._run(argv, cwd=self.lab.folder, timeout=timeout)

    def run_text(self, commands: str, *, timeout: float = TIMEOUT) -> Output:
        """Run command lines of a guide in the learner's folder; ToolFailed where one fails."""
        self.work.mkdir(parents=True, exist_ok=True)
        argv = ["bash", "-c", f"{STOP_AT_ERRORS}{commands}\n:"]
        return self._run(argv, cwd=self.work, timeout=timeout)

    def _run(self, argv: Sequence[str], *, cwd: Path, timeout: float) -> Output:
        return self.runner.run(argv, timeout=timeout, cwd=str(cwd), env=self._environ())

    def _environ(self) -> dict[str, str]:
        own = str(Path(sys.executable).parent)
        control_plane_first = sorted(
            self.cluster.nodes, key=lambda node: (node.role != "control-plane", node.name)
        )
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "LABCTL_NAMESPACE": self.lab.namespace,
            "LABCTL_CLUSTER": self.cluster.name,
            "LABCTL_LAB": self.lab.id,
            "LABCTL_WORK": str(self.work),
            "LABCTL_NODES": " ".join(node.name for node in control_plane_first),
            "PATH": f"{own}:{self.path}",
            **{
                f"LABCTL_PARAM_{name.upper()}": str(value)
                for name, value in self.lab.params.items()
            },
        }
