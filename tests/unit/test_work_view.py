"""What a check may see of the learner's folder: files in it, read with care."""

import os
from pathlib import Path

import pytest

from labctl.checks.api import Mismatch, Missing
from labctl.checks.views import Recorder
from labctl.checks.views_work import WorkView
from labctl.errors import LabInvalid

BOMB = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.fixture
def work(tmp_path: Path) -> WorkView:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "answers.yaml").write_text("gap: 12\ndigest: 'sha256:1'\n")
    return WorkView(tmp_path / "work", Recorder())


def test_text_and_yaml(work: WorkView) -> None:
    assert work.exists("answers.yaml")
    assert work.text("answers.yaml").startswith("gap: 12")
    assert work.yaml("answers.yaml") == {"gap": 12, "digest": "sha256:1"}


def test_a_file_that_is_not_there_is_missing_with_those_that_are(work: WorkView) -> None:
    assert not work.exists("other.yaml")
    with pytest.raises(Missing) as caught:
        work.text("other.yaml")
    assert (caught.value.code, caught.value.expected, caught.value.actual) == (
        "file-missing",
        "other.yaml",
        ["answers.yaml"],
    )
    with pytest.raises(Missing) as named:
        work.yaml("other.yaml", code="no-answers")
    assert named.value.code == "no-answers"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "is not valid YAML"),
        ("- 1\n- 2\n", "no keys and values"),
        ("x" * (1 << 21), "larger than 1 MiB"),
        (b"\xff\xfe", "not UTF-8"),
        (BOMB, "more than 20000 values"),
    ],
)
def test_what_can_t_be_read_is_the_learner_s_to_mend(
    work: WorkView, tmp_path: Path, text: str | bytes, reason: str
) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "work" / "answers.yaml").write_bytes(content)
    with pytest.raises(Mismatch) as caught:
        work.yaml("answers.yaml")
    assert caught.value.code == "file-unreadable"
    assert reason in str(caught.value.actual)


def test_an_empty_file_has_no_answers(work: WorkView, tmp_path: Path) -> None:
    (tmp_path / "work" / "answers.yaml").write_text("# nothing yet\n")
    assert work.yaml("answers.yaml") == {}


def test_nothing_outside_is_read(work: WorkView, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "work" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Mismatch):
        work.text("link")
    for path in ("../secret", "/etc/passwd"):
        with pytest.raises(LabInvalid):
            work.text(path)


def test_a_pipe_is_not_waited_for(work: WorkView, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "work" / "pipe")
    with pytest.raises(Missing):
        work.text("pipe")
