"""Changes in the learner's folder are seen; other things are not."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.tools import work_files
from labctl.tools.work_files import WorkFiles

WAIT = 60.0


@pytest.fixture
def rung() -> threading.Semaphore:
    return threading.Semaphore(0)


@pytest.fixture
def files(tmp_path: Path, rung: threading.Semaphore) -> Iterator[WorkFiles]:
    files = WorkFiles(
        tmp_path / "work",
        changed=lambda _: rung.release(),
        state=lambda _, reason: pytest.fail(reason) if reason else None,
        pause=0.01,
    )
    yield files
    files.stop()


def test_a_folder_that_comes_and_a_file_that_is_written_and_removed_are_seen(
    tmp_path: Path, files: WorkFiles, rung: threading.Semaphore
) -> None:
    files.start()
    work = tmp_path / "work"
    assert not rung.acquire(timeout=0.1)
    (work / "sub").mkdir(parents=True)
    assert rung.acquire(timeout=WAIT)
    (work / "sub/answers.yaml").write_text("a: 1\n")
    assert rung.acquire(timeout=WAIT)
    (work / "sub/answers.yaml").unlink()
    assert rung.acquire(timeout=WAIT)


def test_tools_own_folders_and_what_is_beyond_the_limit_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_text("")
    (tmp_path / "a.yaml").write_text("")
    found = [Path(path).name for path, _, _ in work_files._entries(str(tmp_path))]
    assert found == ["a.yaml"]
    monkeypatch.setattr(work_files, "MOST", 3)
    for number in range(9):
        (tmp_path / f"b{number}").write_text("")
    files = WorkFiles(tmp_path, changed=lambda _: None, state=lambda _, __: None)
    files._follow()
    assert files._before is not None
    assert len(files._before) == 3
