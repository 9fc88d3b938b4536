"""One run of each contender: seconds from the command to "ready", and what the node takes then."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
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
RESTED: Final = 60.0
"""Seconds; after 50 the controller manager would call a silent node lost."""
WINDOW: Final = 30.0
"""Seconds over which an idle cluster's processor time is taken."""
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
    kept: set[str] = field(default_factory=set)
    """Runtimes that have a checkpoint."""
    rests_since: float = 0.0

    def cold(self, runtime: str) -> Run:
        """`labctl up`: cluster, the first lab's image built and loaded, scene; then gone again."""
        return self._labctl("--runtime", runtime, "--no-checkpoint")

    def from_checkpoint(self, runtime: str) -> Run:
        """The same from a checkpoint, which is made first where there is none."""
        if runtime not in self.kept:
            self._labctl("--runtime", runtime)
            self.kept.add(runtime)
        return self._labctl("--runtime", runtime)

    def warm(self) -> None:
        """Keep a spare cluster: it rests while others start that may not take it."""
        self.process.run(("labctl", "warm"), timeout=LIMIT, env=self._env)
        # No next one: it would be made while the next contender runs.
        (self.folder / "home" / "spare.json").unlink()
        self.rests_since = time.monotonic()

    def from_spare(self) -> Run:
        """The same from a spare cluster that has rested for longer than a node may be silent."""
        time.sleep(max(0.0, self.rests_since + RESTED - time.monotonic()))
        return self._labctl()

    def reset(self) -> Run:
        """`labctl reset` of the first lab when it is solved."""
        with self._up():
            name = ("--name", NAME)
            for verb in (("solve", "--all"), ("check",)):
                argv = ("labctl", *verb, *name)
                self.process.run(argv, timeout=LIMIT, env=self._env, cwd=str(self.folder))
            start = time.monotonic()
            argv = ("labctl", "reset", *name)
            self.process.run(argv, timeout=LIMIT, env=self._env, cwd=str(self.folder))
            return Run(time.monotonic() - start, 0.0)

    def reset_cluster(self) -> Run:
        """What `labctl reset` does in a lab whose start is a new cluster: up --recreate."""
        with self._up():
            return self._timed("--recreate")

    @property
    def _env(self) -> dict[str, str]:
        return {"LABCTL_HOME": str(self.folder / "home")}

    def _labctl(self, *options: str) -> Run:
        with self._gone_afterwards(("labctl", "down", "--name", NAME), self._env):
            return self._timed(*options)

    @contextmanager
    def _up(self, *options: str) -> Iterator[None]:
        with self._gone_afterwards(("labctl", "down", "--name", NAME), self._env):
            self._timed(*options)
            yield

    def _timed(self, *options: str) -> Run:
        up = ("labctl", "up", "--name", NAME, "--output", "json", *options)
        start = time.monotonic()
        out = self.process.run(up, timeout=LIMIT, env=self._env, cwd=str(self.folder))
        seconds = time.monotonic() - start
        nodes = json.loads(out.stdout)["nodes"]
        return Run(seconds, self._memory(nodes[0]), json.loads(out.stdout)["seconds"])

    def kind_anew(self) -> Run:
        """`kind delete cluster` and all of `kind`, for those who start over."""
        self._kind_create()
        start = time.monotonic()
        self.process.run(("kind", "delete", "cluster", "--name", NAME), timeout=LIMIT)
        return Run(time.monotonic() - start + self.kind().seconds, 0.0)

    def kind(self) -> Run:
        """`kind create cluster` with the same node image, and the same wait."""
        phases: dict[str, float] = {}
        with self._kind_gone_afterwards():
            start = time.monotonic()
            self._kind_create()
            phases["kind create cluster"] = time.monotonic() - start
            self._kind_wait()
            seconds = time.monotonic() - start
            phases["wait for the same readiness"] = seconds - phases["kind create cluster"]
            return Run(seconds, self._memory(f"{NAME}-control-plane"), phases)

    def idle(self, windows: int) -> tuple[list[float], list[float]]:
        """What labctl's cluster and kind's take of a core while both do nothing, by window."""
        nodes = (f"labctl-{NAME}-control-plane", f"{NAME}-control-plane")
        shares: tuple[list[float], list[float]] = ([], [])
        with self._up(), self._kind_gone_afterwards():
            self._kind_create()
            self._kind_wait()
            time.sleep(RESTED)
            for _ in range(windows):
                start, before = time.monotonic(), [self._processor(node) for node in nodes]
                time.sleep(WINDOW)
                seconds = time.monotonic() - start
                for share, node, used in zip(shares, nodes, before, strict=True):
                    share.append((self._processor(node) - used) / seconds)
        return shares

    def _processor(self, container: str) -> float:
        """Seconds of processor time so far."""
        stats = self.engine.api.stats(container, stream=False, one_shot=True)
        return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

    @property
    def _kubeconfig(self) -> Path:
        return self.folder / "kind.kubeconfig"

    def _kind_gone_afterwards(self) -> AbstractContextManager[None]:
        delete = ("kind", "delete", "cluster", "--name", NAME)
        return self._gone_afterwards((*delete, "--kubeconfig", str(self._kubeconfig)), {})

    def _kind_wait(self) -> None:
        wait_ready(lambda: Kube(self._kubeconfig), self._started(), detail=lambda _: None)

    def _kind_create(self) -> None:
        argv = ("kind", "create", "cluster", "--name", NAME, "--image", self.image)
        options = ("--kubeconfig", str(self._kubeconfig), "--config", "-")
        config = yaml.safe_dump(self._plain_config()).encode()
        self.process.run((*argv, *options), timeout=LIMIT, stdin=config)

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
