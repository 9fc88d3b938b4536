"""One run of each contender: seconds from the command to "ready", and what the node takes then."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import yaml

from labctl.errors import LabctlError
from labctl.ops.readiness import wait_ready
from labctl.tools.engine import DockerEngine
from labctl.tools.kube import Kube
from labctl.tools.process import Process

NAME: Final = "bench"
LIMIT: Final = 600.0
"""Seconds that one run may take."""


@dataclass
class Run:
    """One start of a cluster. Times in seconds, memory in MiB."""

    seconds: float
    memory: float
    phases: dict[str, float] = field(default_factory=dict)


@dataclass
class Bench:
    """The machine that is measured, and a folder that is thrown away."""

    process: Process
    engine: DockerEngine
    folder: Path
    image: str
    kubernetes: str

    def labctl(self, runtime: str) -> Run:
        """`labctl up`: cluster, the first lab's image built and loaded, scene; then gone again."""
        env = {"LABCTL_HOME": str(self.folder / "home")}
        up = ("labctl", "up", "--name", NAME, "--kubernetes", self.kubernetes)
        up = (*up, "--runtime", runtime, "--output", "json")
        with self._gone_afterwards(("labctl", "down", "--name", NAME), env):
            start = time.monotonic()
            out = self.process.run(up, timeout=LIMIT, env=env, cwd=str(self.folder))
            seconds = time.monotonic() - start
            phases = json.loads(out.stdout)["seconds"]
            return Run(seconds, self._memory(f"labctl-{NAME}-control-plane"), phases)

    def kind(self) -> Run:
        """`kind create cluster` with the same node image, and the same wait."""
        kubeconfig = self.folder / "kind.kubeconfig"
        argv = ("kind", "create", "cluster", "--name", NAME, "--image", self.image)
        options = ("--kubeconfig", str(kubeconfig), "--config", "-")
        delete = ("kind", "delete", "cluster", "--name", NAME, "--kubeconfig", str(kubeconfig))
        phases: dict[str, float] = {}
        with self._gone_afterwards(delete, {}):
            start = time.monotonic()
            config = yaml.safe_dump(self._plain_config()).encode()
            self.process.run((*argv, *options), timeout=LIMIT, stdin=config)
            phases["kind create cluster"] = time.monotonic() - start
            wait_ready(lambda: Kube(kubeconfig), self._started(), detail=lambda _: None)
            seconds = time.monotonic() - start
            phases["wait for the same readiness"] = seconds - phases["kind create cluster"]
            return Run(seconds, self._memory(f"{NAME}-control-plane"), phases)

    def _plain_config(self) -> dict[str, object]:
        """What kind needs on this machine and nothing of labctl's."""
        config: dict[str, object] = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4"}
        if self.engine.info().cgroup_version == "1":
            patch = {"kind": "KubeletConfiguration", "failCgroupV1": False}
            config["kubeadmConfigPatches"] = [yaml.safe_dump(patch)]
        return config

    def _started(self) -> dict[str, datetime]:
        node = f"{NAME}-control-plane"
        return {node: self.engine.started_at(node)}

    def _memory(self, container: str) -> float:
        """The container's memory without the page cache, as `docker stats` shows it."""
        argv = ("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", container)
        used = self.process.run(argv, timeout=60).stdout.split("/")[0].strip()
        found = re.fullmatch(r"([\d.]+)(MiB|GiB)", used)
        if found is None:
            return 0.0
        return float(found[1]) * (1024 if found[2] == "GiB" else 1)

    @contextmanager
    def _gone_afterwards(self, argv: tuple[str, ...], env: dict[str, str]) -> Iterator[None]:
        try:
            yield
        finally:
            try:
                self.process.run(argv, timeout=LIMIT, env=env)
            except LabctlError as err:
                print(f"could not clean up: {err.message}")
