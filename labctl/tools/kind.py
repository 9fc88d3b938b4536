"""The kind program. Clusters are made with a kubeconfig of their own, never the learner's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from labctl.model import NETWORK
from labctl.tools.process import Process

CREATE: Final = 600.0
"""Seconds that `kind create cluster` may take."""
SHORT: Final = 60.0


class Kind:
    """kind as a subprocess; it reads its own labels from the engine and keeps no state."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def create(
        self,
        name: str,
        *,
        config: Mapping[str, Any],
        kubeconfig: Path,
        on_line: Callable[[str], None],
    ) -> None:
        """Create a cluster; a failed one is left for the caller to look at and delete."""
        argv = ("create", "cluster", "--name", name, "--config", "-", "--retain")
        self._process.run(
            ("kind", *argv, "--kubeconfig", str(kubeconfig), "--wait", "0s"),
            timeout=CREATE,
            stdin=yaml.safe_dump(dict(config), sort_keys=False).encode(),
            on_line=on_line,
            # A network of our own: kind's may have the learner's clusters on it.
            env={"KIND_EXPERIMENTAL_DOCKER_NETWORK": NETWORK},
        )

    def kubeconfig(self, name: str) -> str:
        """The kubeconfig of a running cluster, as text."""
        argv = ("kind", "get", "kubeconfig", "--name", name)
        return self._process.run(argv, timeout=SHORT).stdout

    def export_logs(self, name: str, folder: Path) -> None:
        """Collect the nodes' logs into a folder."""
        argv = ("kind", "export", "logs", str(folder), "--name", name)
        self._process.run(argv, timeout=SHORT * 2)
