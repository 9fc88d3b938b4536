"""`labctl solve`: the author's solution, for one step or all."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from labctl.catalog import Lab, manifests
from labctl.errors import LabInvalid
from labctl.model import Cluster
from labctl.ops.ports import Progress
from labctl.resource import Resource

SCRIPT_TIMEOUT: Final = 600.0


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def apply(  # noqa: D102
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]: ...


class Runner(Protocol):
    """Starts programs, as labctl.tools.process.Process does."""

    def run(  # noqa: D102
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> object: ...


@dataclass(frozen=True)
class Solver:
    """Applies files of solutions to one lab's cluster. `path` is the learner's PATH."""

    lab: Lab
    cluster: Cluster
    kube: Kube
    runner: Runner
    kubeconfig: Path
    path: str
    progress: Progress

    def solve(self, steps: Sequence[str]) -> tuple[str, ...]:
        """Solve steps in the order given; answers those for which something was done."""
        folder = self.lab.folder / "solutions" / self._solution()
        return tuple(step for step in steps if self.apply(folder, step))

    def apply(self, folder: Path, step: str) -> bool:
        """Run a step's script, then apply its manifest; False where a folder has neither.

        Raises:
            ToolFailed: one of them failed.
        """
        script, manifest = folder / f"{step}.sh", folder / f"{step}.yaml"
        there = [path for path in (script, manifest) if path.is_file()]
        if not there:
            return False
        with self.progress.phase(f"Solve step '{step}'"):
            if script in there:
                self._run(script)
            if manifest in there:
                self.kube.apply(manifests(manifest), namespace=self.lab.namespace)
        return True

    def _run(self, script: Path) -> None:
        own = str(Path(sys.executable).parent)
        self.runner.run(
            ["bash", "-eu", str(script.absolute())],
            timeout=SCRIPT_TIMEOUT,
            cwd=str(self.lab.folder),
            env={
                "KUBECONFIG": str(self.kubeconfig),
                "LABCTL_NAMESPACE": self.lab.namespace,
                "LABCTL_CLUSTER": self.cluster.name,
                "LABCTL_LAB": self.lab.id,
                "PATH": f"{own}:{self.path}",
            },
        )

    def _solution(self) -> str:
        names = self.lab.solutions()
        if not names:
            raise LabInvalid(f"Lab '{self.lab.id}' has no solution.")
        return "default" if "default" in names else names[0]
