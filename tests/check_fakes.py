"""Checks that end as they are told, for tests of what is made of their results."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.checks.plan import Plan, in_order, result_to
from labctl.results import CheckResult, Outcome
from labctl.tools.process import Output, Process

ABSENT: Mapping[str, Any] = {"code": "absent", "expected": "one", "actual": "nothing"}
"""What the tiny lab's first check says."""


class ToldChecks(Process):
    """Starts programs, but no child for checks: it tells of the tiny lab's what a child would.

    tests/unit/test_check_runner.py holds it against the real one.
    """

    def __init__(
        self, environ: Mapping[str, str], passes: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(environ)
        self.passes = passes
        """Whether the first check passes."""

    def run(self, argv: Sequence[str], **options: Any) -> Output:
        if "labctl.checks.child" not in argv:
            return super().run(argv, **options)
        plan = Plan.read(Path(argv[3]))
        results: dict[str, CheckResult] = {}
        for name in in_order(plan.run, plan.needs):
            results[name] = self._result(name, plan, results)
        events = [{"event": "result", "result": result_to(one)} for one in results.values()]
        lines = [json.dumps(one) for one in (*events, {"event": "end"})]
        Path(plan.results).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return Output("", "")

    def _result(self, name: str, plan: Plan, before: Mapping[str, CheckResult]) -> CheckResult:
        title = f"{name.capitalize()} is there"
        for need in plan.needs[name]:
            if before[need].outcome is not Outcome.PASS:
                return CheckResult(name, title, Outcome.BLOCKED, blocked_by=need)
        if name == "one" and not self.passes():
            return CheckResult(name, title, Outcome.FAIL, **ABSENT)
        return CheckResult(name, title, Outcome.PASS)
