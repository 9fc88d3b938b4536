"""apt's files and words, with an `apt-get` of our own."""

import os
from pathlib import Path

import pytest

from labctl.errors import ToolFailed
from labctl.tools import apt as module
from labctl.tools.apt import Apt
from labctl.tools.process import Process

PINS = {"trixie": 50, "forky": 40}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A bookworm with a mirror of its own."""
    folder = tmp_path / "root"
    for name in ("sources.list.d", "preferences.d"):
        (folder / "etc/apt" / name).mkdir(parents=True)
    (folder / "etc/os-release").write_text("ID=debian\n")
    (folder / "etc/apt/sources.list.d/debian.sources").write_text(
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
    )
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """An apt-get that does what its text says; it notes its arguments in `calls`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "apt-get"
    path.write_text("")
    path.chmod(0o755)
    return path


def apt(root: Path, script: Path | None = None, body: str = "") -> Apt:
    path = os.environ["PATH"]
    if script:
        note = f'echo "$@" >> {script.parent}/calls\n'
        script.write_text(f"#!/bin/sh\n{note}{body}\n")
        path = f"{script.parent}:{path}"
    return Apt(Process({"PATH": path}), root=root)


def test_suites_come_from_the_machines_own_mirror_pinned_low(root: Path) -> None:
    assert apt(root).add_suites(PINS) == ("trixie", "forky")
    source = (root / "etc/apt/sources.list.d/labctl-forky.sources").read_text()
    assert "URIs: http://mirror.example/debian\nSuites: forky\n" in source
    pins = (root / "etc/apt/preferences.d/labctl").read_text()
    assert "Pin: release n=trixie\nPin-Priority: 50\n" in pins
    assert "Pin: release n=forky\nPin-Priority: 40\n" in pins


def test_suites_that_are_there_are_left_as_they_are(root: Path) -> None:
    (root / "etc/apt/sources.list").write_text("deb [arch=amd64] http://x/debian trixie main\n")
    assert apt(root).suites() == {"bookworm", "bookworm-updates", "trixie"}
    assert apt(root).add_suites(PINS) == ("forky",)
    assert not (root / "etc/apt/sources.list.d/labctl-trixie.sources").exists()
    assert "trixie" not in (root / "etc/apt/preferences.d/labctl").read_text()


def test_adding_twice_adds_once_and_a_half_done_one_is_completed(root: Path) -> None:
    apt(root).add_suites(PINS)
    assert apt(root).add_suites(PINS) == ()
    (root / "etc/apt/sources.list.d/labctl-forky.sources").unlink()
    assert apt(root).add_suites(PINS) == ("forky",)
    assert "n=trixie" in (root / "etc/apt/preferences.d/labctl").read_text()


def test_an_interruption_between_files_leaves_no_source_without_its_pin(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module._write

    def interrupted(path: Path, text: str) -> None:
        if path.name.endswith(".sources"):
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(module, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apt(root).add_suites(PINS)
    assert (root / "etc/apt/preferences.d/labctl").exists()
    assert not list((root / "etc/apt/sources.list.d").glob("*labctl*"))


def test_taking_suites_back_leaves_the_machine_as_it_was(root: Path) -> None:
    before = sorted(root.rglob("*"))
    apt(root).remove_suites(apt(root).add_suites(PINS))
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        "E: Could not get lock /var/lib/dpkg/lock-frontend."
        " It is held by process 812 (unattended-upgr)",
        "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (unattended-upgr)"
        "\nE: Unable to lock directory /var/lib/apt/lists/",
    ],
)
def test_a_lock_held_by_another_is_one_message(
    root: Path, script: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    _own_path(monkeypatch, script)
    busy = apt(root, script, f"cat >&2 <<'X'\n{words}\nX\nexit 100")
    for call in (lambda: busy.update(print_nothing), lambda: busy.install(("a",), print_nothing)):
        with pytest.raises(ToolFailed, match="process 812, unattended-upgr, holds apt's lock") as e:
            call()
        assert e.value.details == ()


def test_lists_that_could_not_be_had_are_told_not_raised(
    root: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_path(monkeypatch, script)
    line = "E: The repository 'http://ppa forky Release' does not have a Release file."
    assert apt(root, script, f'echo "{line}" >&2; exit 100').update(print_nothing) == (line,)
    assert apt(root, script, "exit 0").update(print_nothing) == ()


def test_packages_are_fetched_before_they_are_installed_and_nobody_is_asked(
    root: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_path(monkeypatch, script)
    body = '[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 9'
    apt(root, script, body).install(("kind/forky",), print_nothing)
    fetch, install = (script.parent / "calls").read_text().splitlines()
    assert "--download-only" in fetch
    assert "--download-only" not in install
    for line in (fetch, install):
        assert "--yes --no-install-recommends" in line
        assert "kind/forky" in line
        assert "--force-confold" in line


def test_an_installation_that_was_cut_short_says_how_to_finish_it(
    root: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_path(monkeypatch, script)
    body = "echo 'E: dpkg was interrupted, you must manually run ...' >&2; exit 100"
    with pytest.raises(ToolFailed) as caught:
        apt(root, script, body).install(("kind",), print_nothing)
    assert caught.value.hint == "Run: sudo dpkg --configure -a"


def print_nothing(_: str) -> None:
    pass


def _own_path(monkeypatch: pytest.MonkeyPatch, script: Path) -> None:
    path = f"{script.parent}:{module.ENVIRONMENT['PATH']}"
    monkeypatch.setitem(module.ENVIRONMENT, "PATH", path)
