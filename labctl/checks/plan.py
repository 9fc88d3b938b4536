"""What the child process is told, and what it tells: JSON both ways, so that it shares no memory."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labctl.model import Node
from labctl.results import CheckResult, Evidence, Fault, Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of checks in a child process."""

    lab: str
    namespace: str
    kubeconfig: str
    results: str
    """The file that takes one JSON line for each event."""
    log: str
    """The file that takes what checks print."""
    work: str = ""
    """The learner's working folder."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    images: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    """The names of the checks to run, in the lab's order."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a check of a step with needs: the checks of the steps before."""
    broken: tuple[str, ...] = ()
    """Checks that ended an earlier child; they are not run again."""
    patience: float = 10.0
    """Seconds that the run may spend on asking again."""
    attempt: float = 30.0
    """Seconds that a check may take beyond its own `within` and `stable`."""
    environ: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Save it for the child."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """What `write` saved."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        raw["nodes"] = tuple(Node(**node) for node in raw["nodes"])
        for name in ("images", "steps", "run", "broken"):
            raw[name] = tuple(raw[name])
        raw["needs"] = {name: tuple(needs) for name, needs in raw["needs"].items()}
        return cls(**raw)


@dataclass(slots=True)
class Events:
    """What a child has told."""

    results: dict[str, CheckResult] = field(default_factory=dict)
    started: str = ""
    """The check that began and has no result."""
    loading: str = ""
    """The file that was being loaded when the child ended."""
    problems: list[str] = field(default_factory=list)
    stuck: bool = False
    finished: bool = False

    def read(self, path: Path) -> None:
        """Take in every whole line of a results file; a cut last line is left out."""
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        kind = event.get("event")
        if kind == "start":
            self.started = event["check"]
        elif kind == "result":
            result = result_from(event["result"])
            self.results[result.name] = result
            self.started = ""
        elif kind in ("loading", "loaded"):
            self.loading = event.get("file", "")
        elif kind == "problem":
            self.problems.append(event["text"])
        elif kind == "stuck":
            self.stuck = True
        elif kind == "end":
            self.finished = True


def result_to(result: CheckResult) -> dict[str, Any]:
    """A result as JSON values."""
    return asdict(result)


def result_from(raw: Mapping[str, Any]) -> CheckResult:
    """What `result_to` made, after a trip through JSON."""
    return CheckResult(
        **{
            **raw,
            "outcome": Outcome(raw["outcome"]),
            "fault": Fault(raw["fault"]) if raw["fault"] else None,
            "about": tuple(raw["about"]),
            "see": tuple(raw["see"]),
            "evidence": tuple(Evidence(e["title"], tuple(e["lines"])) for e in raw["evidence"]),
        }
    )


def in_order(names: Iterable[str], needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names such that each comes after what it needs; else as given. A circle is cut silently."""
    ordered: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path:
            return
        for need in needs.get(name, ()):
            visit(need, (*path, name))
        ordered[name] = None

    for name in names:
        visit(name, ())
    return list(ordered)
