"""What can't be asked of a cluster: which codes a step last failed with, which hints were shown."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labctl.results import Outcome, Report
from labctl.store import Store
from labctl.texts import values


@dataclass
class LearnerProgress:
    """Kept beside the cluster's kubeconfig; losing it loses no work."""

    passed: list[str] = field(default_factory=list)
    """Steps whose checks passed when last looked at."""
    codes: dict[str, list[str]] = field(default_factory=dict)
    """By step."""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By code: what its texts were filled with."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """By step: the hints that were shown, as their texts before values are put in."""

    @classmethod
    def load(cls, store: Store, name: str) -> "LearnerProgress":
        """What was kept; a file that is not there or damaged is a fresh start."""
        try:
            return cls(**json.loads(_path(store, name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()

    def save(self, store: Store, name: str) -> None:
        """Keep it."""
        store.write(_path(store, name), json.dumps(asdict(self), indent=1))

    def saw(self, report: Report) -> None:
        """Take in the steps of a report; others stay as they were."""
        for step in report.steps:
            self.codes[step.id] = [check.code for check in step.checks if check.code]
            self.values.update({check.code: values(check) for check in step.checks if check.code})
            if step.id in self.passed:
                self.passed.remove(step.id)
            if step.outcome is Outcome.PASS:
                self.passed.append(step.id)

    @staticmethod
    def forget(store: Store, name: str) -> None:
        """Back to the start."""
        _path(store, name).unlink(missing_ok=True)


def _path(store: Store, name: str) -> Path:
    return store.cluster_dir(name) / "progress.json"
