"""Lab files are untrusted input: one clear message, exit code 3, and nothing outside is touched."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.catalog import Catalog
from labctl.errors import ExitCode, LabInvalid
from tests.lab_factory import LAB, labs

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def _link_out(lab: Path) -> None:
    (lab / "starter/secret").symlink_to(lab.parent.parent / "outside")


def _folder_link_out(lab: Path) -> None:
    (lab / "app").symlink_to(lab.parent.parent, target_is_directory=True)


def _loop(lab: Path) -> None:
    (lab / "starter/loop").symlink_to("loop")


def _pipe(lab: Path) -> None:
    os.mkfifo(lab / "starter/pipe")


def _guide_pipe(lab: Path) -> None:
    (lab / "README.md").unlink()
    os.mkfifo(lab / "README.md")


def _lab_pipe(lab: Path) -> None:
    (lab / "lab.yaml").unlink()
    os.mkfifo(lab / "lab.yaml")


def _images_out(lab: Path) -> None:
    (lab / "lab.yaml").write_text(LAB + 'images: [{build: ../../outside, tag: "x:1"}]\n')


def _bomb(lab: Path) -> None:
    (lab / "scene/a.yaml").write_text(BOMB)


def _lab_bomb(lab: Path) -> None:
    (lab / "lab.yaml").write_text(BOMB)


def _large(lab: Path) -> None:
    with (lab / "scene/a.yaml").open("wb") as file:
        file.truncate(100 << 20)


def _large_guide(lab: Path) -> None:
    with (lab / "README.md").open("wb") as file:
        file.truncate(100 << 20)


def _large_check(lab: Path) -> None:
    with (lab / "checks/check_big.py").open("wb") as file:
        file.truncate(100 << 20)


def _no_text(lab: Path) -> None:
    (lab / "README.md").write_bytes(b"# \xff\xfe\n")


def _debrief_no_text(lab: Path) -> None:
    (lab / "debrief.md").write_bytes(b"\xff\xfe")


def _tag(lab: Path) -> None:
    (lab / "scene/a.yaml").write_text("apiVersion: v1\nkind: !!python/object:os.system x\n")


def _timestamp(lab: Path) -> None:
    (lab / "lab.yaml").write_text(LAB.replace("minutes: 5", "minutes: !!timestamp 99-99-99"))


def _deep(lab: Path) -> None:
    (lab / "scene/a.yaml").write_text("[" * 100_000)


def _deep_check(lab: Path) -> None:
    (lab / "checks/check_deep.py").write_text("x = " + "(" * 5000 + ")" * 5000)


def _nul(lab: Path) -> None:
    (lab / "checks/check_nul.py").write_bytes(b"x = 1\0\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_link_out, "starter/secret: is a link that leads out of the lab's folder"),
        (_folder_link_out, "app: is a link that leads out of the lab's folder"),
        (_loop, "starter/loop: is a link that leads out of the lab's folder"),
        (_pipe, "starter/pipe: is neither a file nor a folder"),
        (_guide_pipe, "README.md: is neither a file nor a folder"),
        (_lab_pipe, "lab.yaml: is no file"),
        (_images_out, "images[0].build: must be a path inside the lab's folder"),
        (_bomb, "scene/a.yaml: has more than 20000 values"),
        (_lab_bomb, "lab.yaml: has more than 20000 values"),
        (_large, "scene/a.yaml: is larger than 1 MiB"),
        (_large_guide, "README.md: is larger than 1 MiB"),
        (_large_check, "checks/check_big.py: is larger than 1 MiB"),
        (_no_text, "README.md: is not UTF-8 text"),
        (_debrief_no_text, "debrief.md: is not UTF-8 text"),
        (_tag, "scene/a.yaml:2: is not valid YAML"),
        (_timestamp, "is not valid YAML"),
        (_deep, "scene/a.yaml"),
        (_deep_check, "checks/check_deep.py"),
        (_nul, "checks/check_nul.py: is not valid Python"),
    ],
)
def test_it_is_refused_with_its_place_and_at_once(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    (tmp_path / "outside").write_text("untouched")
    folder = labs(tmp_path / "labs")
    spoil(folder / "010-tiny")
    start = time.monotonic()
    with pytest.raises(LabInvalid) as caught:
        Catalog(folder).get("tiny")
    assert time.monotonic() - start < 5
    assert caught.value.exit_code is ExitCode.LAB_INVALID
    assert said in "\n".join(caught.value.details)
    assert (tmp_path / "outside").read_text() == "untouched"
