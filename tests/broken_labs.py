"""Labs that are each broken in one way that `labctl lab test` must find, and a good one."""

import shutil
from collections.abc import Callable
from pathlib import Path

from labctl.ops.new_lab import new_lab
from tests.lab_factory import write

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {threshold: "0.9"}
"""
CHECKS = '''
from labctl.checks import Mismatch, check


@check
def settings_exist(kube):
    """The ConfigMap settings exists"""
    return kube.get("v1", "ConfigMap", "settings", code="settings-missing")


@check(needs=settings_exist)
def threshold_wanted(lab):
    """Its threshold is 0.9"""
    settings = lab.value(settings_exist)
    if settings.data.threshold != "0.9":
        raise Mismatch("threshold-other", expected="0.9", actual=settings.data.threshold)
'''
SMALL = {
    "lab.yaml": """
        format: labctl/lab/v1
        id: LAB-ID
        title: {en: A threshold}
        minutes: 5
        namespace: LAB-ID
        steps:
          - {id: store, checks: [settings_exist, threshold_wanted]}
        ci: {matrix: {kubernetes: ["1.36"], runtime: [containerd]}, hold_seconds: 2}
        """,
    "README.md": """
        # A threshold

        ## 1. Store it {#store}

        Make the ConfigMap.

        ```sh run
        labctl kubectl -n LAB-ID get configmap settings
        ```
        """,
    "debrief.md": "# What you did\n\nYou stored a threshold.\n",
    "messages.en.yaml": """
        format: labctl/messages/v1
        codes:
          settings-missing:
            title: There is no ConfigMap settings
            rationale: Make it.
            hints: [kubectl makes it.]
          threshold-other:
            title: It has another threshold
            rationale: It is {actual}, not {expected}.
            hints:
              - {text: "This is what is there:", run: labctl kubectl -n LAB-ID get configmaps}
        steps:
          store: {title: Store it}
        """,
    "checks/check_settings.py": CHECKS,
    "solutions/default/store.yaml": CONFIG_MAP,
    "mistakes/other-threshold/store.yaml": CONFIG_MAP.replace("0.9", "0.5"),
    "mistakes/other-threshold/expect.yaml": """
        format: labctl/mistake/v1
        step: store
        check: threshold_wanted
        code: threshold-other
        """,
}
# The second time only: a slow machine is still looking at the first when ten seconds are over.
SHORT_LIVED = """\
kubectl -n LAB-ID create configmap applied-once && exit
setsid sh -c 'sleep 10; kubectl -n LAB-ID delete configmap settings' >/dev/null 2>&1 &
"""
ONCE = "kubectl -n LAB-ID create configmap settings --from-literal=threshold=0.9\n"
MORE = "kubectl create namespace LAB-ID-more --dry-run=client -o yaml | kubectl apply -f -\n"
WRITES = '''
from pathlib import Path

from labctl.checks import check


@check(needs="settings_exist")
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
BY_HAND = """\
  by-hand-missing:
    title: There is no container
    rationale: Start it.
    hints: [docker run]
steps:
"""
RUN_BY_HAND = """\
docker inspect LAB-ID-by-hand >/dev/null 2>&1 || docker run -d --name LAB-ID-by-hand LAB-ID:v1
"""


def _put(lab: Path, name: str, text: str) -> None:
    write(lab, {name: text.replace("LAB-ID", lab.name[4:])})


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def already_solved(lab: Path) -> None:
    _put(lab, "scene/settings.yaml", CONFIG_MAP)


def first_seconds(lab: Path) -> None:
    _put(lab, "solutions/default/store.sh", SHORT_LIVED)
    _edit(lab / "lab.yaml", "hold_seconds: 2", "hold_seconds: 15")


def mistake_passes(lab: Path) -> None:
    _put(lab, "mistakes/other-threshold/store.yaml", CONFIG_MAP)


def not_twice(lab: Path) -> None:
    (lab / "solutions/default/store.yaml").unlink()
    _put(lab, "solutions/default/store.sh", ONCE)


def check_writes(lab: Path) -> None:
    _put(lab, "checks/check_notes.py", WRITES)
    _edit(lab / "lab.yaml", "threshold_wanted]", "threshold_wanted, notes_taken]")


def reset_does_not(lab: Path) -> None:
    for path in (lab / "mistakes").iterdir():
        if path.name != "one-replica":
            shutil.rmtree(path)
    _put(lab, "checks/check_by_hand.py", CONTAINER)
    _edit(lab / "lab.yaml", "deployment_exists, ", "deployment_exists, runs_by_hand, ")
    _edit(lab / "messages.en.yaml", "steps:\n", BY_HAND)
    _put(lab, "solutions/default/deploy.sh", RUN_BY_HAND)


def hint_fails(lab: Path) -> None:
    _edit(lab / "messages.en.yaml", "get configmaps", "get configmapz")


def leftover(lab: Path) -> None:
    _put(lab, "solutions/default/store.sh", MORE)


SMALL_ONES: dict[str, Callable[[Path], None]] = {
    "already-solved": already_solved,
    "first-seconds": first_seconds,
    "mistake-passes": mistake_passes,
    "not-twice": not_twice,
    "check-writes": check_writes,
    "hint-fails": hint_fails,
    "leftover": leftover,
}
BROKEN = (*SMALL_ONES, "reset-does-not")


def course(folder: Path) -> Path:
    """A course of the template lab as it is made, one that needs an image, and small ones."""
    new_lab("good", folder)
    for name, spoil in SMALL_ONES.items():
        lab = new_lab(name, folder)
        shutil.rmtree(lab)
        for place, text in SMALL.items():
            _put(lab, place, text)
        spoil(lab)
    reset_does_not(new_lab("reset-does-not", folder))
    return folder
