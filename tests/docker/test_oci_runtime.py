"""The wrapper before runc and crun, built as for a node, on a host that withholds CAP_SYS_RESOURCE."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labctl.model import Runtime
from labctl.nodeimage import recipe, versions
from labctl.ops.node_image_build import CA_BUNDLES, Ports, ensure_base
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process
from tests.fakes import FakeProgress

pytestmark = pytest.mark.docker

OWN_SCORE = int(Path("/proc/self/oom_score_adj").read_text())
SCORE = min(OWN_SCORE + 200, 1000)
"""What the wrapper is started with; without the capability it can go back to OWN_SCORE."""
LIMITS = f"echo {SCORE} >/proc/self/oom_score_adj; ulimit -Sn 512; ulimit -Hn 1024"
WITHHELD = ["setpriv", "--bounding-set=-sys_resource", "--pdeathsig=KILL"]

ASKED: dict[str, Any] = {
    "args": ["sh", "-c", "<&>"],
    "oomScoreAdj": -998,
    "capabilities": {
        "bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_OF_NEXT_YEAR"],
        "effective": ["CAP_SYS_RESOURCE", "CAP_CHOWN"],
        "ambient": [],
    },
    "rlimits": [
        {"type": "RLIMIT_NOFILE", "hard": 1048576, "soft": 768},
        {"type": "RLIMIT_CORE", "hard": 0, "soft": 0},
    ],
}
GRANTED: dict[str, Any] = {
    "args": ["sh", "-c", "<&>"],
    "oomScoreAdj": SCORE,
    "capabilities": {
        "bounding": ["CAP_CHOWN", "CAP_OF_NEXT_YEAR"],
        "effective": ["CAP_CHOWN"],
        "ambient": [],
    },
    "rlimits": [
        {"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 768},
        {"type": "RLIMIT_CORE", "hard": 0, "soft": 0},
    ],
}


@pytest.fixture(scope="session")
def program(
    process: Process, engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The wrapper itself, out of the recipe's stage."""
    folder = tmp_path_factory.mktemp("oci-runtime")
    ensure_base(Ports(process, engine, FakeProgress(), os.environ, folder))
    pins = versions.resolve(None, versions.load())
    arguments = recipe.build_args(pins, Runtime.CRIO, os.environ)
    bundles = map(Path, (os.environ.get("SSL_CERT_FILE", ""), *CA_BUNDLES))
    argv = recipe.build_argv(
        "oci-runtime-out",
        arguments,
        ["--output", f"type=local,dest={folder}"],
        ca_bundle=next((path for path in bundles if path.is_file()), None),
    )
    process.run(argv, timeout=1200)
    return folder / "oci-runtime"


@dataclass
class Node:
    """A folder with the wrapper as runc and crun, and one with a runc behind it."""

    front: Path
    behind: Path
    bundle: Path

    @property
    def config(self) -> Path:
        return self.bundle / "config.json"

    def runc(self, script: str) -> None:
        path = self.behind / "runc"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(
        self, *args: str, program: str | Path = "runc", stdin: str = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        path = f"{self.front}:{self.behind}:/usr/sbin:/usr/bin:/sbin:/bin"
        argv = [*WITHHELD, "sh", "-c", f'{LIMITS}; exec "$@"', "sh", str(program), *args]
        return subprocess.run(
            argv,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            input=stdin,
            cwd=cwd,
            env={**os.environ, "PATH": path},
        )


@pytest.fixture
def node(program: Path, tmp_path: Path) -> Node:
    if os.geteuid() != 0:
        pytest.skip("withholding a capability needs root")
    made = Node(tmp_path / "front", tmp_path / "behind", tmp_path / "bundle")
    for folder in (made.front, made.behind, made.bundle):
        folder.mkdir()
    shutil.copy(program, tmp_path)
    for name in ("runc", "crun"):
        (made.front / name).symlink_to(tmp_path / program.name)
    made.runc("printf '%s\\n' \"$@\"")
    return made


def config(process: object) -> str:
    return json.dumps({"process": process, "linux": {"new": 12345678901234567890}}, indent=1)


def state(path: Path) -> tuple[int, int, str]:
    return path.stat().st_ino, path.stat().st_mtime_ns, path.read_text()


@pytest.mark.parametrize("called", ["by name", "by path"])
@pytest.mark.parametrize("command", ["create", "run", "restore"])
def test_what_the_host_withholds_is_taken_out_of_a_configuration(
    node: Node, command: str, called: str
) -> None:
    node.config.write_text(config(ASKED))
    program = "runc" if called == "by name" else node.front / "runc"
    assert node.run(command, "--bundle", str(node.bundle), "x", program=program).returncode == 0
    assert json.loads(node.config.read_text()) == json.loads(config(GRANTED))


def test_the_bundle_is_the_current_folder_unless_named(node: Node) -> None:
    node.config.write_text(config(ASKED))
    node.run("--log", "create", "create", "x", cwd=node.bundle)
    assert json.loads(node.config.read_text()) == json.loads(config(GRANTED))


def test_what_the_host_withholds_is_taken_out_of_a_process_to_execute(
    node: Node, tmp_path: Path
) -> None:
    file = tmp_path / "runc-process123"
    file.write_text(json.dumps(ASKED))
    node.run("exec", "--process", str(file), "--detach", "--pid-file", "/pid", "x")
    assert json.loads(file.read_text()) == GRANTED


def test_what_the_kernel_grants_without_the_capability_is_not_touched(node: Node) -> None:
    node.config.write_text(config({**GRANTED, "oomScoreAdj": OWN_SCORE}))
    node.runc("cat /proc/self/oom_score_adj")
    before = state(node.config)
    ended = node.run("create", "--bundle", str(node.bundle), "x")
    assert state(node.config) == before
    # It was tried out, and taken back.
    assert ended.stdout == f"{SCORE}\n"


@pytest.mark.parametrize(
    "line",
    [
        "--root create state x",
        "--root=create start x",
        "delete --force create",
        "exec x create --bundle BUNDLE",
        "exec x nc -p BUNDLE/process.json",
        "--version",
    ],
)
def test_other_commands_touch_nothing(node: Node, line: str) -> None:
    process = node.bundle / "process.json"
    process.write_text(json.dumps(ASKED))
    node.config.write_text(config(ASKED))
    before = state(node.config), state(process)
    args = line.replace("BUNDLE", str(node.bundle)).split()
    assert node.run(*args, cwd=node.bundle).stdout.split() == args
    assert (state(node.config), state(process)) == before


@pytest.mark.parametrize("text", ['{"process": {"oomScoreAdj": -998', "[]", "", None])
def test_a_configuration_that_is_none_is_the_runtimes_to_refuse(
    node: Node, text: str | None
) -> None:
    if text is not None:
        node.config.write_text(text)
    node.runc("echo 'a better message' >&2; exit 3")
    ended = node.run("create", "--bundle", str(node.bundle), "x")
    assert (ended.returncode, ended.stderr) == (3, "a better message\n")
    assert not list(node.bundle.iterdir()) if text is None else node.config.read_text() == text


def test_a_rewritten_file_keeps_its_mode_and_owner_and_its_link(node: Node, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "spec.json"
    kept.parent.mkdir()
    kept.write_text(config(ASKED))
    kept.chmod(0o640)
    os.chown(kept, 12, 34)
    node.config.symlink_to(kept)
    node.run("create", "--bundle", str(node.bundle), "x")
    after = kept.stat()
    assert json.loads(kept.read_text()) == json.loads(config(GRANTED))
    assert (after.st_mode & 0o7777, after.st_uid, after.st_gid) == (0o640, 12, 34)
    assert node.config.is_symlink()
    assert [*kept.parent.iterdir(), *node.bundle.iterdir()] == [kept, node.config]


def test_arguments_streams_and_the_exit_code_are_passed_on(node: Node) -> None:
    node.runc('cat; for word; do printf "[%s]" "$word"; done; echo said >&2; exit 42')
    ended = node.run("exec", "--process", "/dev/stdin", "x", "a b", "", "*\n", stdin="{}\n")
    assert ended.stdout == "{}\n[exec][--process][/dev/stdin][x][a b][][*\n]"
    assert (ended.stderr, ended.returncode) == ("said\n", 42)


def test_the_runtime_inherits_what_it_would_have_without_the_wrapper(node: Node) -> None:
    node.config.write_text(config(ASKED))
    node.runc(
        "pwd; ulimit -Sa; ulimit -Ha; cat /proc/self/oom_score_adj; env; ls /proc/self/fd;"
        " grep ^Sig[BI] /proc/self/status; exec setpriv --dump"
    )
    args = ("create", "--bundle", str(node.bundle), "x")
    direct = node.run(*args, program=node.behind / "runc").stdout
    assert "Parent death signal: KILL" in direct
    assert f"\n{SCORE}\n" in direct
    # More than once: a Go program's threads are not the same each time.
    for _ in range(100):
        node.config.write_text(config(ASKED))
        assert node.run(*args).stdout == direct


def test_without_a_runtime_behind_it_the_wrapper_says_so(node: Node) -> None:
    # A name that no host has, for it looks in the usual folders too.
    (node.front / "labctl-no-runtime").symlink_to(node.front / "runc")
    ended = node.run("state", "x", program="labctl-no-runtime")
    assert ended.returncode == 1
    assert ended.stderr.startswith("labctl-no-runtime (labctl's wrapper): no program")
    assert ended.stderr.count("\n") == 1
