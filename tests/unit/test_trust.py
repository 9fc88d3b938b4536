"""A lab from outside: asked once, remembered by what its files are, and not for long."""

import io
from pathlib import Path

import pytest

from labctl.catalog import Lab
from labctl.cli import run
from labctl.cli.app import App
from labctl.errors import PrerequisiteMissing
from labctl.ops.trust import require_trust
from labctl.settings import Settings
from labctl.store import Store
from labctl.ui.console import Console
from tests.lab_factory import labs, tiny


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return tiny(tmp_path / "labs")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def test_nobody_to_ask_means_no(lab: Lab, store: Store) -> None:
    with pytest.raises(PrerequisiteMissing) as caught:
        require_trust(lab, store, given=False, ask=None)
    assert "add --trust" in caught.value.hint
    assert not store.trust.exists()


def test_yes_is_remembered_until_a_file_changes(lab: Lab, store: Store) -> None:
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    require_trust(lab, store, given=False, ask=yes)
    require_trust(lab, store, given=False, ask=None)
    assert len(asked) == 1
    assert str(lab.folder) in asked[0]
    (lab.folder / "checks" / "helper.py").write_text("import os\n")
    require_trust(lab, store, given=False, ask=yes)
    assert len(asked) == 2


def test_a_hidden_file_counts_too(lab: Lab, store: Store) -> None:
    require_trust(lab, store, given=True, ask=None)
    (lab.folder / "solutions" / "default" / ".more.sh").write_text("true\n")
    with pytest.raises(PrerequisiteMissing):
        require_trust(lab, store, given=False, ask=None)


def test_no_is_no(lab: Lab, store: Store) -> None:
    with pytest.raises(PrerequisiteMissing):
        require_trust(lab, store, given=False, ask=lambda _: False)


@pytest.mark.parametrize("text", ["", "[]", '{"labs": []}', '{"labs": 1}'])
def test_a_damaged_memory_trusts_nothing(lab: Lab, store: Store, text: str) -> None:
    store.write(store.trust, text)
    with pytest.raises(PrerequisiteMissing):
        require_trust(lab, store, given=False, ask=None)
    require_trust(lab, store, given=True, ask=None)
    require_trust(lab, store, given=False, ask=None)


def test_down_all_forgets_it(lab: Lab, store: Store) -> None:
    require_trust(lab, store, given=True, ask=None)
    store.clear()
    assert not store.home.exists()


def test_the_command_line_asks_for_it_before_anything_is_made(tmp_path: Path) -> None:
    environ = {"LABCTL_HOME": str(tmp_path / "home"), "LABCTL_LABS": str(labs(tmp_path / "labs"))}
    err = io.StringIO()
    app = App(Settings.read(environ), Console(no_color=True, out=io.StringIO(), err=err))
    assert run(["up", "tiny"], app) == 4
    assert "did not come with labctl" in err.getvalue()
    assert not (tmp_path / "home").exists()


def test_the_shipped_labs_need_none(tmp_path: Path) -> None:
    app = App(Settings.read({"LABCTL_HOME": str(tmp_path / "home")}))
    assert app.trusted(app.catalog.get("serve-a-model")).id == "serve-a-model"
