"""The verbs for authors: what they print works where the author stands, and reading only reads."""

import contextlib
import io
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.cli import run
from labctl.cli.app import App
from labctl.settings import Settings
from labctl.ui.console import Console
from tests.fakes import FakeEngine
from tests.lab_factory import LAB, labs

PARAMS = "params: {port: {range: [30080, 30180]}}\n"


@dataclass
class Said:
    code: int
    out: str
    err: str


def labctl(*argv: str, here: Path, home: Path | None = None, folder: Path | None = None) -> Said:
    """A command as it is called in a folder."""
    environ = {"LABCTL_HOME": str(home or here / "home"), "XDG_DATA_HOME": str(here / "data")}
    if folder:
        environ["LABCTL_LABS"] = str(folder)
    out, err = io.StringIO(), io.StringIO()
    app = App(Settings.read(environ), Console(no_color=True, out=out, err=err))
    app.__dict__["engine"] = FakeEngine(rows=[])
    with contextlib.chdir(here):
        code = run(list(argv), app)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("place", ["labs", "my labs/of one's own", "../beside", "."])
def test_new_prints_commands_that_work_where_the_author_stands(tmp_path: Path, place: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    made = labctl("lab", "--labs", place, "new", "shop", here=here)
    [line] = [line for line in made.err.splitlines() if " lint " in line]
    words = shlex.split(line.partition(": ")[2])
    assert words[0] == "labctl"
    said = labctl(*words[1:], here=here)
    assert (said.code, said.err) == (0, "")
    assert Path(words[3]).is_absolute() is place.startswith("..")


def test_lint_says_which_folder_it_read(tmp_path: Path) -> None:
    labs(tmp_path / "labs")
    said = labctl("lab", "--labs", "labs", "lint", here=tmp_path)
    assert said.out == "1 lab in labs/, no problem.\n"
    inside = labctl("lab", "--labs", ".", "lint", here=tmp_path / "labs")
    assert inside.out == "1 lab in ./, no problem.\n"
    beside = labctl("lab", "lint", here=tmp_path / "labs/010-tiny", folder=tmp_path / "labs")
    assert beside.out == f"1 lab in {tmp_path}/labs/, no problem.\n"


def test_lint_and_test_all_end_with_3_for_a_folder_that_the_course_does_not_name(
    tmp_path: Path,
) -> None:
    folder = labs(tmp_path / "labs")
    (folder / "020-stray").mkdir()
    for argv in (("lint",), ("test", "--all")):
        said = labctl("lab", *argv, here=tmp_path, folder=folder)
        assert said.code == 3
        assert "labs/020-stray: is in no course" in said.err


def test_lint_loads_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from labctl.cli import run\n"
        "run(['lab', 'lint'])\n"
        "print(*{'docker', 'kubernetes', 'filelock', 'asyncio', 'pytest', 'starlette', 'sh',"
        " 'labctl.learner'} & {*sys.modules})"
    )
    environ = {"LABCTL_LABS": str(labs(tmp_path / "labs")), "PATH": ""}
    argv = [sys.executable, "-c", code]
    said = subprocess.run(
        argv, env=environ, cwd=tmp_path, text=True, capture_output=True, check=True
    )
    assert said.stdout == "1 lab in labs/, no problem.\n\n"


READERS = (
    ("lab", "lint"),
    ("list",),
    ("list", "--output", "json"),
    ("course",),
    ("next",),
    ("show", "tiny"),
    ("lab", "schema", "lab"),
)


@pytest.mark.parametrize("argv", READERS, ids=" ".join)
def test_what_only_reads_writes_nothing(tmp_path: Path, argv: tuple[str, ...]) -> None:
    folder = labs(tmp_path / "labs", **{"010-tiny/lab.yaml": LAB + PARAMS})
    assert labctl(*argv, here=tmp_path, folder=folder).code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"labs"}


@pytest.mark.skipif(sys.platform != "linux", reason="nothing can be written to /proc")
@pytest.mark.parametrize("argv", READERS, ids=" ".join)
def test_what_only_reads_works_on_a_home_that_can_t_be_written(
    tmp_path: Path, argv: tuple[str, ...]
) -> None:
    folder = labs(tmp_path / "labs", **{"010-tiny/lab.yaml": LAB + PARAMS})
    said = labctl(*argv, here=tmp_path, home=Path("/proc/nowhere"), folder=folder)
    assert (said.code, said.err) == (0, "")
