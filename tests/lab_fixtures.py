"""A real lab for tests: the command line as a person runs it, and one cluster for a session."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LAB = "serve-a-model"


@dataclass
class Cli:
    """`labctl` in its own state folder and its own working folder."""

    home: Path
    cwd: Path
    env: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """What starts it, such as nsenter with its options."""

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
        return subprocess.Popen(
            [*self.before, sys.executable, "-m", "labctl", *argv],
            env={**os.environ, "LABCTL_HOME": str(self.home), "NO_COLOR": "1", **self.env},
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *argv: str, code: int | None = 0, timeout: float = 280) -> "Ran":
        """Run a command; its exit code must be `code`, unless that is None."""
        with self.start(*argv) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
        ran = Ran(process.returncode, out, err)
        assert code is None or ran.code == code, f"labctl {' '.join(argv)}: {ran}"
        return ran

    def json(self, *argv: str, code: int | None = 0) -> Any:
        """The document that a command prints with --output json."""
        return json.loads(self(*argv, "--output", "json", code=code).out)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass(frozen=True)
class Running:
    """A lab that is up."""

    cli: Cli
    name: str

    def __call__(self, verb: str, *argv: str, code: int | None = 0) -> Ran:
        """A verb on this lab."""
        return self.cli(verb, "--name", self.name, *argv, code=code)

    def json(self, verb: str, *argv: str, code: int | None = 0) -> Any:
        """A verb's document."""
        return self.cli.json(verb, "--name", self.name, *argv, code=code)

    def kubectl(self, *argv: str, code: int | None = 0) -> str:
        """What kubectl says."""
        return self("kubectl", *argv, code=code).out

    def run_pod(self, pod: str, image: str, *, runtime_class: str = "", node: str = "") -> None:
        """A Pod in the namespace `default` that is ready when this ends."""
        chosen = {"runtimeClassName": runtime_class, "nodeName": node}
        spec = {key: value for key, value in chosen.items() if value}
        override = json.dumps({"spec": {"terminationGracePeriodSeconds": 1, **spec}})
        self.kubectl("run", pod, f"--image={image}", f"--overrides={override}")
        self.kubectl("wait", f"pod/{pod}", "--for=condition=Ready", "--timeout=90s")

    def processes(self, image: str) -> dict[str, Any]:
        """What trace says of each container's process, by its Pod."""
        return {
            container["pod"]: container["process"]
            for node in self.json("trace", image)["nodes"]
            for container in node["containers"]
        }

    @property
    def node(self) -> str:
        """The control plane's container."""
        return f"labctl-{self.name}-control-plane"


def checks(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A result's checks by name."""
    return {check["name"]: check for step in document["steps"] for check in step["checks"]}


def settled(lab: Running, name: str, seconds: float = 90) -> dict[str, Any]:
    """A check's result once it is no longer on its way."""
    deadline = time.monotonic() + seconds
    while True:
        check = checks(lab.json("check", code=None))[name]
        if check["outcome"] not in ("waiting", "blocked") or time.monotonic() > deadline:
            return check
        time.sleep(1)


def fresh_name() -> str:
    """A name that nobody else uses."""
    return f"test-{secrets.token_hex(3)}"


def traces(name: str) -> list[str]:
    """What the engine still has of a cluster: containers, images."""
    label = f"label=dev.labctl.cluster={name}"
    ps = ["docker", "ps", "--all", "--filter", label, "--format", "container {{.Names}}"]
    images = ["docker", "images", "--filter", label, "--format", "image {{.Repository}}:{{.Tag}}"]
    return [
        line
        for argv in (ps, images)
        for line in subprocess.run(
            argv, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    ]


@pytest.fixture(scope="session")
def session_cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The command line with a state folder for the whole session."""
    return Cli(tmp_path_factory.mktemp("home") / "state", tmp_path_factory.mktemp("work"))


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command line with a state folder of its own."""
    (tmp_path / "work").mkdir()
    return Cli(tmp_path / "state", tmp_path / "work")


@pytest.fixture(scope="session")
def lab(session_cli: Cli) -> Iterator[Running]:
    """One lab for the session, on the default Kubernetes. Tests leave it as they found it."""
    name = fresh_name()
    try:
        session_cli("up", LAB, "--name", name, timeout=3600)
        yield Running(session_cli, name)
    finally:
        session_cli("down", "--name", name, code=None)


@pytest.fixture
def name(cli: Cli) -> Iterator[str]:
    """A name for a cluster that the test makes; whatever is left of it is removed."""
    name = fresh_name()
    yield name
    cli.env.clear()
    cli("down", "--name", name, code=None)
