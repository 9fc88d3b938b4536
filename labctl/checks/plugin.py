"""The pytest plugin of the child process: decorated functions become tests, outcomes JSON lines."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import pytest

from labctl.checks.api import CheckSpec, spec_of
from labctl.checks.evaluate import Evaluation, Patience, TookTooLong, Verdict, broken
from labctl.checks.evidence import collect
from labctl.checks.plan import Plan, in_order, result_to
from labctl.checks.views import KubeView, LabView, Recorder
from labctl.resource import Fields, plain
from labctl.results import CheckResult, Fault, Outcome
from labctl.tools.kube import Kube

if TYPE_CHECKING:
    from labctl.checks.views_engine import EngineView
    from labctl.checks.views_nodes import NodeView
    from labctl.checks.views_work import WorkView

GRACE: Final = 0.5
"""Seconds after the alarm; a check that swallows it ends the whole child."""
STUCK: Final = 86
"""The exit code of a child that was ended so."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file with the plan; see labctl.checks.plan."""
    parser.addoption("--labctl-plan")


def pytest_configure(config: pytest.Config) -> None:
    """Set up the run."""
    plan = Plan.read(Path(config.getoption("--labctl-plan")))
    config.pluginmanager.register(Run(plan), "labctl-run")


class Run:
    """Hooks and fixtures of one run. What a view needs is loaded when a check asks for it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.recorder = Recorder()
        self.reader = Kube(Path(plan.kubeconfig))
        params = Fields(plan.params)
        self.lab_view = LabView(plan.lab, plan.namespace, plan.images, plan.steps, params)
        self.patience = Patience(plan.patience)
        self.outcomes = dict.fromkeys(plan.broken, Outcome.ERROR)

    @pytest.fixture
    def kube(self) -> KubeView:
        """The cluster, through a service account that only reads."""
        return KubeView(self.reader, self.plan.namespace, self.recorder)

    @pytest.fixture
    def lab(self) -> LabView:
        """The lab and the values of earlier checks."""
        return self.lab_view

    @pytest.fixture
    def engine(self) -> "EngineView":
        """The learner's Docker Engine."""
        from labctl.checks.views_engine import EngineView  # noqa: PLC0415
        from labctl.tools.engine_checks import ChecksEngine  # noqa: PLC0415

        return EngineView(ChecksEngine(self.plan.environ), self.recorder)

    @pytest.fixture
    def work(self) -> "WorkView":
        """The learner's working folder."""
        from labctl.checks.views_work import WorkView  # noqa: PLC0415

        return WorkView(Path(self.plan.work), self.recorder)

    @pytest.fixture
    def nodes(self) -> "tuple[NodeView, ...]":
        """The cluster's nodes, control plane first."""
        from labctl.checks.views_nodes import NodeView  # noqa: PLC0415
        from labctl.tools.process import Process  # noqa: PLC0415 - sh, and asyncio with it

        process = Process(self.plan.environ)
        ordered = sorted(
            self.plan.nodes, key=lambda node: (node.role != "control-plane", node.name)
        )
        return tuple(NodeView(node, process, self.recorder) for node in ordered)

    @pytest.hookimpl
    def pytest_pycollect_makeitem(
        self, collector: pytest.Module, name: str, obj: object
    ) -> pytest.Function | list[pytest.Item] | None:
        """A decorated function of this file is a test; nothing else is."""
        spec = spec_of(obj)
        if spec is None or getattr(obj, "__module__", None) != collector.obj.__name__:
            return []
        return pytest.Function.from_parent(collector, name=name)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Loading a file runs it: where that hangs or ends the process, the file is known."""
        if not isinstance(collector, pytest.Module):
            return (yield)
        self._tell({"event": "loading", "file": collector.path.name})
        with _alarm(self.plan.attempt, self._stuck):
            report = yield
        self._tell({"event": "loaded"})
        # One file may print all that a log takes; pytest itself must go on.
        os.truncate(self.plan.log, 0)
        return report

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be loaded is told: its checks have no result otherwise."""
        if report.failed:
            last = [line for line in str(report.longrepr).splitlines() if line.strip()][-3:]
            name = report.nodeid.rpartition("/")[2]
            text = f"{name} can't be loaded: {' '.join(line.strip() for line in last)}"
            self._tell({"event": "problem", "text": text})

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Only what is asked for and what that needs, each after what it needs."""
        found = {item.name: item for item in items}
        needs = {name: self._needs(item) for name, item in found.items()}
        ordered = in_order(self.plan.run, needs)
        items[:] = [
            found[name] for name in ordered if name in found and name not in self.plan.broken
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> None:
        """Tell that the check begins: a child that dies in it is known by that."""
        self._tell({"event": "start", "check": item.name})

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run the check in place of pytest, and write down how it ended."""
        spec = _spec(pyfuncitem)
        start = time.monotonic()
        blocker = self._blocker(pyfuncitem)
        if blocker:
            result = CheckResult(spec.name, spec.title, Outcome.BLOCKED, blocked_by=blocker)
        else:
            names = pyfuncitem._fixtureinfo.argnames
            arguments = {name: pyfuncitem.funcargs[name] for name in names}
            self.recorder.start(probe=spec.probe)
            verdict = self._verdict(lambda: pyfuncitem.obj(**arguments), spec)
            result = self._result(spec, verdict, time.monotonic() - start)
        self._finish(replace(result, probe=spec.probe))
        return True

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A fixture that isn't there, or broke, is the lab's fault or the machine's."""
        name = report.nodeid.rpartition("::")[2]
        if report.failed and report.when == "setup":
            text = str(report.longrepr).strip().splitlines()
            said = next((line for line in text if line.startswith("E ")), text[-1] if text else "")
            message = f"The check can't start: {said.removeprefix('E').strip()}"
            self._finish(CheckResult(name, name, Outcome.ERROR, message=message, fault=Fault.LAB))

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """The last line: all that was to be run has been."""
        self._tell({"event": "end"})

    def _verdict(self, attempt: Any, spec: CheckSpec) -> Verdict:
        limit = self.plan.attempt + min(spec.within, self.patience.seconds) + spec.stable
        try:
            with _alarm(limit, self._stuck):
                return Evaluation(attempt, spec, self.patience).verdict()
        except TookTooLong as err:
            return broken(err)

    def _stuck(self) -> None:
        self._tell({"event": "stuck"})
        os._exit(STUCK)

    def _result(self, spec: CheckSpec, verdict: Verdict, seconds: float) -> CheckResult:
        reason = verdict.reason
        if verdict.outcome is Outcome.PASS:
            self.lab_view.values[spec.name] = verdict.value
        see = tuple(self.recorder.commands)
        if reason is None:
            return CheckResult(
                spec.name,
                spec.title,
                verdict.outcome,
                seconds,
                message=verdict.message,
                fault=verdict.fault,
                see=see,
            )
        return CheckResult(
            spec.name,
            spec.title,
            verdict.outcome,
            seconds,
            code=reason.code,
            expected=plain(reason.expected),
            actual=plain(reason.actual),
            about=tuple(f"{one.kind}/{one.name}" for one in reason.about),
            evidence=collect(reason.expected, reason.actual, reason.about, self.reader),
            see=see,
        )

    def _needs(self, item: pytest.Item) -> tuple[str, ...]:
        own = _spec(item).needs if isinstance(item, pytest.Function) else ()
        return (*self.plan.needs.get(item.name, ()), *own)

    def _blocker(self, item: pytest.Function) -> str:
        for need in self._needs(item):
            if self.outcomes.get(need, Outcome.ERROR) is not Outcome.PASS:
                return need
        return ""

    def _finish(self, result: CheckResult) -> None:
        self.outcomes[result.name] = result.outcome
        # The log has a greatest size; the next check and pytest itself begin with an empty one.
        os.truncate(self.plan.log, 0)
        self._tell({"event": "result", "result": result_to(result)})

    def _tell(self, event: dict[str, Any]) -> None:
        # Opened anew each time: a check that closes every file descriptor closes none of ours.
        with Path(self.plan.results).open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def _spec(item: pytest.Function) -> CheckSpec:
    spec = spec_of(item.obj)
    assert spec is not None  # noqa: S101 - only checks are collected
    return spec


@contextmanager
def _alarm(seconds: float, stuck: Callable[[], None]) -> Iterator[None]:
    """Raise TookTooLong in the block after some seconds; call `stuck` when it swallows that."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"The check did not end within {seconds:g} s.")

    timer = threading.Timer(seconds + GRACE, stuck)
    timer.daemon = True
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    timer.start()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        timer.cancel()
        signal.signal(signal.SIGALRM, before)
