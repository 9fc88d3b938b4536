"""Runs a lab's checks in child processes, until each has a result."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from labctl.catalog import Lab
from labctl.checks.declared import MODULE
from labctl.checks.plan import Events, Plan
from labctl.errors import ToolFailed
from labctl.model import Cluster
from labctl.results import CheckResult, Fault, Outcome, Report, StepResult

PATIENCE: Final = 10.0
"""Seconds that one run spends on asking again; docs/lab-format.md promises it."""
ATTEMPT: Final = 30.0
"""Seconds that one check may take beyond its own `within` and `stable`."""
TIMEOUT: Final = 600.0
"""Seconds for one child; each check has its own limit well below."""
FOREIGN: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
"""Set to nothing: a learner's pytest settings are not ours."""
PACKAGE_ROOT: Final = Path(__file__).parents[2]


class Process(Protocol):
    """Starts programs, as labctl.tools.process.Process does."""

    def run(  # noqa: D102
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> object: ...


@dataclass
class CheckRunner:
    """Runs checks. `environ` is what a check's own tools (docker) are started with."""

    process: Process
    environ: Mapping[str, str]
    work: Path
    """The learner's working folder; it may not exist."""
    patience: float = PATIENCE
    attempt: float = ATTEMPT

    def run(
        self, lab: Lab, cluster: Cluster, kubeconfig: str, *, step: str | None = None
    ) -> Report:
        """The results of all steps, or of one. `kubeconfig` is its text, best one that only reads."""
        start = time.monotonic()
        chosen = tuple(one for one in lab.file.steps if step in (None, one.id))
        wanted = tuple(name for one in chosen for name in one.checks)
        results = self._run(lab, cluster, kubeconfig, wanted)
        steps = tuple(
            StepResult(one.id, tuple(results[name] for name in one.checks)) for one in chosen
        )
        whole = len(steps) == len(lab.file.steps)
        return Report(lab.id, cluster.name, steps, time.monotonic() - start, whole=whole)

    def run_scene(self, lab: Lab, cluster: Cluster, kubeconfig: str) -> tuple[CheckResult, ...]:
        """The results of the checks that say whether the scene is what it should be."""
        wanted = lab.file.scene.checks
        results = self._run(lab, cluster, kubeconfig, wanted) if wanted else {}
        return tuple(results[name] for name in wanted)

    def _run(
        self, lab: Lab, cluster: Cluster, kubeconfig: str, wanted: tuple[str, ...]
    ) -> dict[str, CheckResult]:
        folder = Path(tempfile.mkdtemp(prefix="labctl-check-"))
        try:
            (folder / "kubeconfig").write_text(kubeconfig, encoding="utf-8")
            return self._collect(self._plan(lab, cluster, folder, wanted), lab, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _plan(self, lab: Lab, cluster: Cluster, folder: Path, wanted: tuple[str, ...]) -> Plan:
        checks = {one.id: one.checks for one in lab.file.steps}
        return Plan(
            lab=lab.id,
            namespace=lab.namespace,
            kubeconfig=str(folder / "kubeconfig"),
            results=str(folder / "results"),
            log=str(folder / "log"),
            work=str(self.work.absolute()),
            params=lab.params,
            nodes=cluster.nodes,
            images=tuple(image.tag for image in lab.file.images),
            steps=tuple(checks),
            run=wanted,
            needs={
                name: tuple(need for before in one.needs for need in checks[before])
                for one in lab.file.steps
                for name in one.checks
            },
            patience=self.patience,
            attempt=self.attempt,
            environ=self._child_environ(),
        )

    def _collect(self, plan: Plan, lab: Lab, folder: Path) -> dict[str, CheckResult]:
        """Start children until one gets to the end; a check that ends a child is left out then."""
        results: dict[str, CheckResult] = {}
        problems: dict[str, None] = {}
        files = {path.name: path for path in (*lab.check_files(), *_declared(lab, folder))}
        # The names needed by what is asked for may break as well: one round for each check there is.
        for _ in range(len(lab.file.checks) + len(files) + 1):
            events = Events()
            Path(plan.results).unlink(missing_ok=True)
            self._child(plan, lab, folder, files.values())
            events.read(Path(plan.results))
            problems |= dict.fromkeys(events.problems)
            # What is already known is kept: a check is asked again only for the value it returns.
            results = {**events.results, **results}
            how = "hung and was ended" if events.stuck else "ended its process"
            if events.loading:
                problems[f"{events.loading} can't be loaded: it {how}."] = None
                files.pop(events.loading)
            elif events.started and not events.finished:
                name = events.started
                results[name] = _error(name, f"The check {how}.")
                plan = replace(plan, broken=(*plan.broken, name))
            else:
                break
        reason = "; ".join(problems) or f"It was not run. {_tail(Path(plan.log))}".strip()
        return {name: results.get(name) or _error(name, reason) for name in plan.run}

    def _child(self, plan: Plan, lab: Lab, folder: Path, files: Iterable[Path]) -> None:
        """Run one child. How it ended says little: what its lines say counts."""
        path = folder / "plan.json"
        plan.write(path)
        argv = [sys.executable, "-m", "labctl.checks.child", str(path), str(lab.folder.absolute())]
        with suppress(ToolFailed):
            self.process.run(
                [*argv, *(str(file.absolute()) for file in files)],
                timeout=TIMEOUT,
                env=self._child_environ(),
                cwd=str(folder),
            )

    def _child_environ(self) -> dict[str, str]:
        return {
            **self.environ,
            **dict.fromkeys(FOREIGN, ""),
            "PYTHONPATH": str(PACKAGE_ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONSAFEPATH": "1",
        }


def _declared(lab: Lab, folder: Path) -> Iterator[Path]:
    """A module for each file of checks in their short form."""
    for path in lab.declared_files():
        module = folder / f"check_declared_{path.stem.replace('-', '_')}.py"
        text = MODULE.format(path=str(path.absolute()), params=dict(lab.params))
        module.write_text(text, encoding="utf-8")
        yield module


def _error(name: str, message: str) -> CheckResult:
    return CheckResult(name, name, Outcome.ERROR, message=message, fault=Fault.LAB)


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 500))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
