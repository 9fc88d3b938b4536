import os
import threading
from pathlib import Path

import pytest

from labctl.errors import ToolFailed
from labctl.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def test_a_write_is_whole_private_and_leaves_no_temporary_file(store: Store) -> None:
    path = store.kubeconfig("a")
    store.write(path, "one")
    store.write(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["kubeconfig"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_failed_write_keeps_the_old_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store.kubeconfig("a")
    store.write(path, "old")
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (full, str(path.parent / ".new")))
    (path.parent / ".new").touch()
    with pytest.raises(ToolFailed, match="No space left"):
        store.write(path, "new" * 10_000)
    assert path.read_text() == "old"
    assert not (path.parent / ".new").exists()


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "home")
    with pytest.raises(ToolFailed, match="Could not"), store.lock("a", timeout=0):
        pass


def test_a_lock_is_waited_for_and_says_so(store: Store) -> None:
    held, said = threading.Event(), threading.Event()

    def hold() -> None:
        with store.lock("a", timeout=5):
            held.set()
            assert said.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(5)
    with store.lock("a", timeout=5, on_wait=said.set):
        holder.join()
    assert said.is_set()


def test_a_lock_that_stays_taken_ends_in_a_message(store: Store) -> None:
    with (
        store.lock("a", timeout=0),
        pytest.raises(ToolFailed, match="Another labctl"),
        Store(store.home).lock("a", timeout=0.05),
    ):
        pass


def test_clear_leaves_nothing_but_other_peoples_files(store: Store) -> None:
    with store.lock("a", timeout=0):
        store.write(store.kubeconfig("a"), "x")
    store.write(store.logs / "crash.log", "x")
    store.forget("a")
    store.clear()
    assert not store.home.exists()
    store.write(store.home / "mine.txt", "x")
    store.clear()
    assert (store.home / "mine.txt").exists()
