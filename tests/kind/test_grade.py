"""A class's work, graded on a real cluster: one that is made for it, and gone when it ends."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab_factory import LAB, labs
from tests.lab_fixtures import Cli

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

CHECKS = '''
from labctl.checks import check

@check
def one(kube):
    """A ConfigMap is there"""
    return kube.get("v1", "ConfigMap", "mine")

@check(needs=one, within=20)
def two(kube):
    """Its Pod is there"""
    return kube.get("v1", "Pod", "mine")
'''
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: mine}
spec:
  containers:
    - {name: main, image: "registry.k8s.io/pause:3.10", imagePullPolicy: Never}
"""
PRIVILEGED = POD.replace("Never}", "Never, securityContext: {privileged: true}}")
ELSEWHERE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: kube-system}\n"
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: mine}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
"""
SCRIPT = 'printf \'%s\' "$POD" | kubectl -n "$LABCTL_NAMESPACE" apply -f - && test -f second.sh\n'


def hand_in(folder: Path, receipt: Path, learner: str, **files: str) -> str:
    work = folder / learner / "labctl-tiny"
    work.mkdir(parents=True)
    for name, text in files.items():
        (work / name.replace("_", ".")).write_text(text)
    shutil.copy(receipt, folder / learner / "receipt.json")
    return str(folder / learner / "receipt.json")


@pytest.fixture
def receipt(cli: Cli, name: str, tmp_path: Path) -> Path:
    """Of a learner who solved the lab on a cluster of their own."""
    course = labs(
        tmp_path / "labs",
        **{
            "010-tiny/lab.yaml": LAB,
            "010-tiny/checks/check_all.py": CHECKS,
            "010-tiny/solutions/default/first.yaml": CONFIG,
            "010-tiny/solutions/default/second.sh": None,
            "010-tiny/solutions/default/second.yaml": POD,
        },
    )
    cli.env["LABCTL_LABS"] = str(course)
    cli("up", "tiny", "--name", name, "--trust", timeout=3600)
    cli("solve", "--name", name, "--all")
    path = tmp_path / "receipt.json"
    cli("check", "--name", name, "--receipt", str(path))
    refused = cli("grade", hand_in(tmp_path, path, "early", first_yaml=CONFIG), code=4)
    assert "is running here" in " ".join(refused.out.split())
    cli("down", "--name", name)
    return path


def test_a_class_is_graded_on_a_cluster_that_goes_again(
    cli: Cli, receipt: Path, tmp_path: Path
) -> None:
    before = left_over()
    paths = [
        hand_in(tmp_path, receipt, "alice", first_yaml=CONFIG, second_yaml=POD),
        hand_in(tmp_path, receipt, "bob", first_yaml=CONFIG),
        hand_in(tmp_path, receipt, "carl", all_yaml=f"{CONFIG}---\n{POD}"),
        hand_in(tmp_path, receipt, "eve", a_yaml=PRIVILEGED, b_yaml=ELSEWHERE, c_yaml=ROLE),
    ]
    document = cli.json("grade", *paths, code=1)
    found = {one["learner"].split("/")[0]: one for one in document["grades"]}
    assert {name: (one["points"], one["confirmed"]) for name, one in found.items()} == {
        "alice": (2, True),
        "bob": (1, False),
        "carl": (2, True),
        "eve": (0, False),
    }
    reasons = " ".join(found["eve"]["reasons"])
    assert "privileged" in reasons
    assert reasons.count("(403)") == 3
    assert left_over() == before


def test_scripts_run_when_they_are_trusted(cli: Cli, receipt: Path, tmp_path: Path) -> None:
    cli.env["POD"] = POD
    path = hand_in(tmp_path, receipt, "alice", first_yaml=CONFIG, second_sh=SCRIPT)
    [found] = cli.json("grade", path, "--trust-work")["grades"]
    assert (found["points"], found["confirmed"], found["reasons"]) == (2, True, [])


def left_over() -> list[str]:
    """Clusters for grading that the engine has."""
    argv = [
        "docker",
        "ps",
        "--all",
        "--filter",
        "label=dev.labctl.cluster",
        "--format",
        "{{.Names}}",
    ]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    return [name for name in ran.stdout.split() if name.startswith("labctl-grade-")]
