"""Command lines of a guide, run by the shell that runs them for `labctl lab test`."""

import os
from pathlib import Path

import pytest

from labctl.errors import ToolFailed
from labctl.model import Cluster
from labctl.ops.scripts import Scripts
from labctl.tools.process import Process
from tests.lab_factory import tiny

PATH = os.environ["PATH"]


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    cluster = Cluster("tiny", "tiny", "1.36.3", ("containerd",), "runc", ())
    runner = Process({"PATH": PATH})
    lab = tiny(tmp_path / "labs")
    return Scripts(lab, cluster, runner, tmp_path / "config", PATH, tmp_path / "work")


@pytest.mark.parametrize(
    ("commands", "printed"),
    [
        pytest.param("first=$(yes | head -n 1)\necho $first", "y\n", id="head-had-enough"),
        pytest.param("yes | head -n 1", "y\n", id="head-had-enough-at-the-end"),
        pytest.param("if false; then echo a; fi\nfalse || echo b", "b\n", id="asked"),
        pytest.param("sort <<END\nb\na\nEND", "a\nb\n", id="here-document"),
    ],
)
def test_what_a_shell_takes_passes(scripts: Scripts, commands: str, printed: str) -> None:
    assert scripts.run_text(commands).stdout == printed


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param("false\necho no", id="one"),
        pytest.param("false | cat\necho no", id="first-of-a-pipe"),
        pytest.param("false | yes | head -n 1\necho no", id="beside-one-that-head-stopped"),
        pytest.param("one=$(false | cat)\necho no", id="in-a-substitution"),
        pytest.param("f() { false; echo no; }\nf", id="in-a-function"),
        pytest.param('echo "$nope"', id="unset"),
        pytest.param("exit 3", id="exit"),
    ],
)
def test_a_command_that_fails_ends_them(scripts: Scripts, commands: str) -> None:
    with pytest.raises(ToolFailed, match="'bash' exited with"):
        scripts.run_text(commands)
