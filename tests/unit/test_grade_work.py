"""Work by strangers: where it lies, what of it is taken, what is left out."""

import os
from pathlib import Path

import pytest

from labctl.errors import UsageError
from labctl.ops.grade.work import (
    MOST_BYTES,
    MOST_FILES,
    copy_work,
    documents,
    find_work,
    plain_manifests,
    step_files,
)

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work/app").mkdir(parents=True)
    return tmp_path / "work"


@pytest.mark.parametrize("name", ["alice", "tiny", "labctl-tiny"])
def test_the_work_lies_beside_the_receipt(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert find_work(tmp_path / "alice.json", "tiny", None) == tmp_path / name


def test_a_folder_of_the_receipt_s_own_name_goes_first(tmp_path: Path) -> None:
    for name in ("labctl-tiny", "tiny", "alice"):
        (tmp_path / name).mkdir()
    assert find_work(tmp_path / "alice.json", "tiny", None) == tmp_path / "alice"
    assert find_work(tmp_path / "bob.json", "tiny", None) == tmp_path / "tiny"


def test_a_chosen_folder_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "mine").mkdir()
    receipt = tmp_path / "a.json"
    assert find_work(receipt, "tiny", tmp_path / "mine") == tmp_path / "mine"
    with pytest.raises(UsageError, match=r"there is no folder '.*gone'"):
        find_work(receipt, "tiny", tmp_path / "gone")


def test_no_work_says_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "tiny").touch()
    with pytest.raises(UsageError, match="'a' or 'tiny' or 'labctl-tiny'"):
        find_work(tmp_path / "a.json", "tiny", None)


def test_the_work_is_copied_over_the_starter_files(work: Path, tmp_path: Path) -> None:
    (work / "app/main.py").write_text("mine")
    target = tmp_path / "target"
    (target / "app").mkdir(parents=True)
    (target / "app/main.py").write_text("starter")
    (target / "other.txt").write_text("starter")
    assert copy_work(work, target) == ()
    assert (target / "app/main.py").read_text() == "mine"
    assert (target / "other.txt").read_text() == "starter"


def test_links_lead_to_the_teacher_s_files_and_stay_out(work: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (work / "answers.yaml").symlink_to(tmp_path / "secret")
    (work / "folder").symlink_to(tmp_path)
    os.mkfifo(work / "pipe")
    left = copy_work(work, tmp_path / "target")
    assert [one.split("'")[1] for one in left] == ["answers.yaml", "folder", "pipe"]
    assert not (tmp_path / "target").exists()


def test_what_begins_with_a_dot_stays_out(work: Path, tmp_path: Path) -> None:
    (work / ".git").mkdir()
    (work / ".git/config").write_text("x")
    (work / ".env").write_text("x")
    (work / "a.txt").write_text("x")
    copy_work(work, tmp_path / "target")
    assert [path.name for path in (tmp_path / "target").rglob("*")] == ["a.txt"]


def test_too_much_is_refused(work: Path, tmp_path: Path) -> None:
    with (work / "big").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UsageError, match="too large for a lab's work"):
        copy_work(work, tmp_path / "target")
    (work / "big").unlink()
    for number in range(MOST_FILES + 1):
        (work / f"{number}").touch()
    with pytest.raises(UsageError, match="too large for a lab's work"):
        copy_work(work, tmp_path / "target")


def test_step_files_are_those_of_the_lab_s_steps(work: Path) -> None:
    for name in ("first.sh", "first.yaml", "second.yaml", "third.sh", "fourth.yml"):
        (work / name).touch()
    (work / "link.sh").symlink_to(work / "first.sh")
    assert step_files(work, ["first", "second", "link", "fourth"]) == {
        "first": ("first.sh", "first.yaml"),
        "second": ("", "second.yaml"),
    }


def test_plain_manifests_come_in_the_order_of_their_names(work: Path, tmp_path: Path) -> None:
    for name in ("20-b.yaml", "10-a.yml", "app/c.yaml", "note.txt", ".hidden.yaml"):
        (work / name).touch()
    (work / "away.yaml").symlink_to(tmp_path)
    assert plain_manifests(work) == ["10-a.yml", "20-b.yaml", "app/c.yaml"]


def test_other_yaml_is_no_manifest(work: Path) -> None:
    path = work / "a.yaml"
    path.write_text(f"{CONFIG}---\nanswer: 3\n---\n- 1\n---\n{CONFIG}")
    assert [one["kind"] for one in documents(path)] == ["ConfigMap", "ConfigMap"]


@pytest.mark.parametrize("text", ["a: [", "a: &a [*a]", "\tx", "a: 1\na: 2\n"])
def test_yaml_that_can_t_be_read_is_one_sentence(work: Path, text: str) -> None:
    (work / "a.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"'a\.yaml' ") as caught:
        documents(work / "a.yaml")
    assert "\n" not in caught.value.message
