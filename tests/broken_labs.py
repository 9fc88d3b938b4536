"""Copies of the template lab, each broken in one way that `labctl lab test` must find."""

import shutil
from collections.abc import Callable
from pathlib import Path

from labctl.ops.new_lab import new_lab

EXTRA_CHECK = "- {id: deploy, checks: [deployment_exists, "
WRITES = '''
from pathlib import Path

from labctl.checks import check


@check(needs="deployment_exists")
def notes_taken(work):
    """It leaves a note"""
    with (Path(work._folder) / "note.txt").open("a") as file:
        file.write("seen\\n")
'''
CONTAINER = '''
from labctl.checks import Missing, check


@check
def runs_by_hand(engine):
    """A container runs on your own machine"""
    if engine.inspect("LAB-ID-by-hand") is None:
        raise Missing("by-hand-missing")
'''
BY_HAND = """
  by-hand-missing:
    title: There is no container
    rationale: Start it.
    hints: [docker run]
steps:
"""
# The second time only: a slow machine is still looking at the first when ten seconds are over.
SHORT_LIVED = """\
kubectl -n LAB-ID create configmap applied-once && exit
setsid sh -c 'sleep 10; kubectl -n LAB-ID scale deployment greeter --replicas=1' >/dev/null 2>&1 &
"""


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def _add_check(lab: Path, name: str, code: str) -> None:
    (lab / f"checks/check_{name}.py").write_text(code.replace("LAB-ID", lab.name[4:]))
    _edit(lab / "lab.yaml", EXTRA_CHECK, f"{EXTRA_CHECK}{name}, ")


def good(_lab: Path) -> None:
    """As it was made."""


def already_solved(lab: Path) -> None:
    (lab / "scene").mkdir()
    shutil.copy(lab / "solutions/default/deploy.yaml", lab / "scene/a.yaml")
    shutil.copy(lab / "solutions/default/expose.yaml", lab / "scene/b.yaml")


def first_seconds(lab: Path) -> None:
    script = SHORT_LIVED.replace("LAB-ID", lab.name[4:])
    (lab / "solutions/default/expose.sh").write_text(script, encoding="utf-8")
    _edit(lab / "lab.yaml", "hold_seconds: 5", "hold_seconds: 20")


def mistake_passes(lab: Path) -> None:
    shutil.copy(lab / "solutions/default/deploy.yaml", lab / "mistakes/one-replica/deploy.yaml")


def not_twice(lab: Path) -> None:
    folder = lab / "solutions/default"
    (folder / "deploy.sh").write_text("kubectl create -f solutions/default/made.yaml\n")
    (folder / "deploy.yaml").rename(folder / "made.yaml")
    _edit(folder / "deploy.sh", "made.yaml", "expose-first.txt")
    (folder / "made.yaml").rename(folder / "expose-first.txt")


def check_writes(lab: Path) -> None:
    _add_check(lab, "notes_taken", WRITES)


def reset_does_not(lab: Path) -> None:
    name = lab.name[4:]
    _add_check(lab, "runs_by_hand", CONTAINER)
    _edit(lab / "messages.en.yaml", "steps:\n", BY_HAND.lstrip("\n"))
    run = f"docker run -d --name {name}-by-hand {name}:v1\n"
    script = f"docker inspect {name}-by-hand >/dev/null 2>&1 || {run}"
    (lab / "solutions/default/deploy.sh").write_text(script, encoding="utf-8")


def hint_fails(lab: Path) -> None:
    _edit(lab / "messages.en.yaml", "get pods --show-labels", "get podz --show-labels")


def leftover(lab: Path) -> None:
    name = lab.name[4:]
    script = f"kubectl create namespace {name}-more --dry-run=client -o yaml | kubectl apply -f -\n"
    (lab / "solutions/default/deploy.sh").write_text(script, encoding="utf-8")


BROKEN: dict[str, Callable[[Path], None]] = {
    "good": good,
    "already-solved": already_solved,
    "first-seconds": first_seconds,
    "mistake-passes": mistake_passes,
    "not-twice": not_twice,
    "check-writes": check_writes,
    "reset-does-not": reset_does_not,
    "hint-fails": hint_fails,
    "leftover": leftover,
}


def course(folder: Path) -> Path:
    """A course of a good lab and the broken ones. One mistake each, since that is all they need."""
    for name, spoil in BROKEN.items():
        lab = new_lab(name, folder)
        for path in (lab / "mistakes").iterdir():
            if path.name != ("wrong-selector" if name == "hint-fails" else "one-replica"):
                shutil.rmtree(path)
        spoil(lab)
    return folder
