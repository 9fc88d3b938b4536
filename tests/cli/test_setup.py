"""`labctl setup` as a program."""

import io
import sys
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.cli.setup import _as_root
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.unit.test_doctor_gather import NoEngine


def test_an_engine_elsewhere_that_does_not_answer_is_exit_4(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    environ = {"PATH": str(tmp_path), "DOCKER_HOST": "tcp://192.0.2.9:2375"}
    app = App(Settings.read(environ), Console(out=out, err=err))
    vars(app)["engine"] = NoEngine()
    assert run(("setup",), app) == 4
    assert out.getvalue() == ""
    assert "no engine answers there" in err.getvalue()
    assert "unset DOCKER_HOST" in err.getvalue()


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/usr/local/bin/labctl", "sudo labctl setup"),
        ("/home/ann/lab/.venv/bin/labctl", "sudo /home/ann/lab/.venv/bin/labctl setup"),
        ("/home/a b/labctl", "sudo '/home/a b/labctl' setup"),
        ("/x/labctl/__main__.py", f"sudo {sys.executable} -m labctl setup"),
    ],
)
def test_the_command_for_root_finds_this_labctl(program: str, command: str) -> None:
    assert _as_root(program) == command


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("setup", "--help"), App(Settings.read({}), Console())) == 0
    assert "Example: sudo labctl setup" in capsys.readouterr().out
