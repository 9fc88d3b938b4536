"""One digest for one lab, wherever it lies."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.errors import LabInvalid
from labctl.lab_digest import lab_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lab"
    (made / "checks").mkdir(parents=True)
    (made / "lab.yaml").write_text("id: tiny\n")
    (made / "checks/check_all.py").write_text("pass\n")
    (made / "link").symlink_to("lab.yaml")
    return made


def _mode(folder: Path) -> None:
    (folder / "lab.yaml").chmod(0o755)


def _time(folder: Path) -> None:
    os.utime(folder / "lab.yaml", (1, 1))


def _compiled(folder: Path) -> None:
    (folder / "checks/__pycache__").mkdir()
    (folder / "checks/__pycache__/check_all.pyc").write_bytes(b"\0")


def _dots(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git/HEAD").write_text("main")
    (folder / "checks/.DS_Store").write_text("x")


def _empty(folder: Path) -> None:
    (folder / "empty/below").mkdir(parents=True)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


@pytest.mark.parametrize("change", [_mode, _time, _compiled, _dots, _empty, _pipe])
def test_what_does_not_make_another_lab(folder: Path, change: Callable[[Path], None]) -> None:
    before = lab_digest(folder)
    change(folder)
    assert lab_digest(folder) == before


def _content(folder: Path) -> None:
    (folder / "lab.yaml").write_text("id: tinny\n")


def _name(folder: Path) -> None:
    (folder / "lab.yaml").rename(folder / "lab.yml")


def _moved(folder: Path) -> None:
    (folder / "checks/check_all.py").rename(folder / "check_all.py")


def _added(folder: Path) -> None:
    (folder / "empty.txt").touch()


def _target(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("./lab.yaml")


def _copied(folder: Path) -> None:
    (folder / "link").unlink()
    shutil.copy(folder / "lab.yaml", folder / "link")


def _linked_folder(folder: Path) -> None:
    (folder / "more").symlink_to("checks")


@pytest.mark.parametrize(
    "change", [_content, _name, _moved, _added, _target, _copied, _linked_folder]
)
def test_what_makes_another_lab(folder: Path, change: Callable[[Path], None]) -> None:
    before = lab_digest(folder)
    change(folder)
    assert lab_digest(folder) != before


def test_the_same_lab_elsewhere_has_the_same_digest(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "far/away"
    shutil.copytree(folder, there, symlinks=True)
    assert lab_digest(there) == lab_digest(folder)


def test_the_digest_stays_what_it_is(folder: Path) -> None:
    """Receipts name it: another way of counting would make all of them differ."""
    assert lab_digest(folder) == (
        "sha256:c52ee68da04d9e89881cf0d9c0be733133d766ea0c48bb161de8e333c5e02b9f"
    )


def test_a_link_that_leads_out_or_nowhere_is_only_its_text(folder: Path) -> None:
    (folder / "away").symlink_to("/no/such/file")
    assert lab_digest(folder).startswith("sha256:")


def test_two_files_are_not_one_with_both_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    (one / "a").write_text("1")
    (one / "b").write_text("2")
    (two / "a").write_text("12")
    (two / "b").touch()
    assert lab_digest(one) != lab_digest(two)


def test_a_folder_that_is_not_there_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(LabInvalid, match=r"can't be read: '.*gone'"):
        lab_digest(tmp_path / "gone")
