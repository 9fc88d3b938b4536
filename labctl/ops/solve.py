"""`labctl solve`: the author's solution, for one step or all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from labctl.errors import LabInvalid
from labctl.ops.ports import Progress
from labctl.ops.scripts import Scripts
from labctl.resource import Resource

MOST_FILES: Final = 200
MOST_BYTES: Final = 1 << 20
"""A learner's folder has a few small files; what is larger is not looked after."""


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def apply(  # noqa: D102
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]: ...


@dataclass(frozen=True)
class Solver:
    """Applies files of solutions to one lab's cluster."""

    scripts: Scripts
    kube: Kube
    progress: Progress

    def solve(self, steps: Sequence[str], *, solution: str = "") -> tuple[str, ...]:
        """Solve steps in the order given; answers those for which something was done."""
        lab = self.scripts.lab
        folder = lab.folder / "solutions" / (solution or self._solution())
        return tuple(step for step in steps if self.apply(folder, step))

    def apply(self, folder: Path, step: str) -> bool:
        """Run a step's script, then apply its manifest; False where a folder has neither.

        Raises:
            ToolFailed: one of them failed.
        """
        lab = self.scripts.lab
        script, manifest = folder / f"{step}.sh", folder / f"{step}.yaml"
        there = [path for path in (script, manifest) if path.is_file()]
        if not there:
            return False
        with self.progress.phase(f"Solve step '{step}'"):
            if script in there:
                with self._files_kept():
                    self.scripts.run(script)
            if manifest in there:
                self.kube.apply(lab.manifests(manifest), namespace=lab.namespace)
        return True

    @contextmanager
    def _files_kept(self) -> Iterator[None]:
        """A script may write into the learner's folder: what they had written is kept beside."""
        before = _contents(self.scripts.work)
        starter = self.scripts.lab.starter()
        try:
            yield
        finally:
            for name, content in before.items():
                path = self.scripts.work / name
                changed = not path.is_file() or path.read_bytes() != content
                if changed and content != starter.get(name):
                    mine = path.with_name(f"{path.name}.mine")
                    if not mine.exists():
                        mine.write_bytes(content)
                        self.progress.note(f"Your own '{name}' is kept as '{mine.name}'.")

    def _solution(self) -> str:
        names = self.scripts.lab.solutions()
        if not names:
            raise LabInvalid(f"Lab '{self.scripts.lab.id}' has no solution.")
        return "default" if "default" in names else names[0]


def _contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    small = [path for path in files[:MOST_FILES] if path.stat().st_size <= MOST_BYTES]
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in small if path.suffix != ".mine"
    }
