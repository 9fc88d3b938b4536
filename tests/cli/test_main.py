"""The command line's frame: help, exit codes, errors and streams."""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from labctl.cli import COMMANDS, cli, run
from labctl.cli.app import App
from labctl.errors import LabctlError, PrerequisiteMissing, ToolFailed
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.lab_factory import labs

VERBS = [name for names in COMMANDS.values() for name in names]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def labctl(*argv: str) -> Said:
    """The whole command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        settings = Settings.read()
        code = run(argv, App(settings, Console(no_color=True)))
    return Said(code, out.getvalue(), err.getvalue())


def _leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        return [
            leaf
            for child, sub in sorted(command.commands.items())
            for leaf in _leaves(sub, f"{name} {child}")
        ]
    return [(name, command)]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    command = cli.get_command(click.Context(cli), verb)
    assert command
    for name, leaf in _leaves(command, verb):
        assert leaf.help, name
        assert (leaf.epilog or "").startswith("Example"), name
        assert f"labctl {name}" in (leaf.epilog or ""), name


def test_help_fits_80_columns() -> None:
    for verb in ([], *([verb] for verb in VERBS)):
        said = labctl(*verb, "--help")
        assert said.code == 0
        assert all(len(line) <= 80 for line in said.out.splitlines()), verb


def test_help_loads_neither_clients_nor_verbs() -> None:
    code = (
        "import sys\nfrom labctl.cli import run\nrun(['--help'])\n"
        "print(sorted({'docker', 'kubernetes', 'pydantic', 'yaml'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["upp"], "did you mean 'up'?"),
        (["up", "--no-such-option"], "No such option"),
        (["up", "--nodes", "0"], "--nodes"),
        (["up", "no-such-lab"], "There is no lab 'no-such-lab'"),
        (["up", "--kubernetes", "latest"], "not a Kubernetes version"),
        (["down", "--all", "--name", "x"], "don't go together"),
        (["down", "--name", "Not A Name"], "can't be a lab's name"),
    ],
)
def test_bad_words_are_exit_code_2(argv: list[str], said: str) -> None:
    ran = labctl(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize("verb", ["up", "status", "down", "check", "env", "load x:1", "reset"])
def test_without_an_engine_the_exit_code_is_4(verb: str) -> None:
    ran = labctl(*verb.split())
    assert ran.code == 4
    assert "The Docker Engine does not answer." in ran.err


def _raising(error: BaseException) -> click.Group:
    @click.command()
    def command() -> None:
        raise error

    return click.Group(commands={"status": command})


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ToolFailed("it broke", argv=("a", "b c"), details=["last"]), 5, "$ a 'b c'"),
        (PrerequisiteMissing("not there", hint="get it"), 4, "get it"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (ZeroDivisionError("oops"), 70, "This is a bug in labctl"),
    ],
)
def test_every_error_has_its_exit_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, error: LabctlError, code: int, said: str
) -> None:
    monkeypatch.setattr("labctl.cli.cli", _raising(error))
    ran = labctl("status")
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_bug_leaves_a_crash_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labctl.cli.cli", _raising(KeyError("items")))
    labctl("status")
    (log,) = (Settings.read().home / "logs").glob("crash-*.log")
    assert "KeyError: 'items'" in log.read_text()


def test_a_reader_that_goes_away_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABCTL_LABS", str(labs(tmp_path / "labs")))
    argv = f"{sys.executable} -m labctl list | head -c 1"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {argv}"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
