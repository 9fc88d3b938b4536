"""`labctl doctor` as a program: no engine, no network, whatever the machine."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.ops.doctor import LOOKS
from labctl.settings import Settings
from labctl.tools.host import LocalHost
from labctl.ui.console import Console
from tests.unit.test_doctor_gather import NoEngine

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def labctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def unreachable(*_: object, **__: object) -> object:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(LocalHost, "resolve", unreachable)
    monkeypatch.setattr(LocalHost, "status", unreachable)

    def call(*argv: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        app = App(Settings.read({"PATH": str(tmp_path)}), Console(out=out, err=err))
        vars(app)["engine"] = NoEngine()
        code = run(argv, app)
        return code, out.getvalue(), err.getvalue()

    return call


def test_without_an_engine_it_is_exit_4_within_5_seconds(labctl: Run) -> None:
    start = time.monotonic()
    code, out, _ = labctl("doctor")
    assert (code, time.monotonic() - start < 5) == (4, True)
    lines = out.splitlines()
    assert lines[0].split() == ["LEVEL", "FINDING", "SEEN"]
    assert lines[1].startswith("fail    engine.reach")
    assert "  -> Run it." in lines


def test_the_table_fits_80_columns(labctl: Run) -> None:
    _, out, _ = labctl("doctor")
    assert [line for line in out.split("\n\n")[0].splitlines() if len(line) > 80] == []


def test_json_is_one_document_with_every_finding(labctl: Run) -> None:
    code, out, err = labctl("doctor", "--output", "json")
    document = json.loads(out)
    assert (code, err) == (4, "")
    assert (document["format"], document["ready"]) == ("labctl/doctor/v1", False)
    assert [one["code"] for one in document["findings"]] == [look.code for look in LOOKS]
    assert {*document["findings"][0]} == {"code", "level", "seen", "why", "help"}


def test_help_has_an_example(labctl: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert labctl("doctor", "--help")[0] == 0
    assert "Example: labctl doctor --output json" in capsys.readouterr().out
