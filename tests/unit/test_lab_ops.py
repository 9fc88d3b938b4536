"""Scene, starter files, checks, hints, solutions, reset: the use cases of a running lab."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.catalog import Lab
from labctl.errors import ExitCode, KubeNotFound, PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import (
    ANY_LAB,
    KIND_CLUSTER,
    LABEL_CLUSTER,
    LABEL_LAB,
    Cluster,
    ImageInfo,
    Node,
)
from labctl.ops.check import check
from labctl.ops.hint import hint
from labctl.ops.lab_target import resolve
from labctl.ops.learner_progress import LearnerProgress
from labctl.ops.reset import reset
from labctl.ops.scene import apply_scene
from labctl.ops.scripts import Scripts
from labctl.ops.solve import Solver
from labctl.ops.starter import copy_starter, remove_starter
from labctl.resource import Resource
from labctl.results import CheckResult, Outcome, Report, StepResult
from labctl.store import Store
from labctl.tools.process import Output
from tests.fakes import FakeEngine, FakeProgress, FakeTime
from tests.kube_fake import FakeKube
from tests.lab_factory import LAB, tiny

NODE = Node("labctl-tiny-control-plane", "control-plane", True, "running", "image")
CLUSTER = Cluster("tiny", "tiny", "1.36.3", ("containerd",), "runc", (NODE,))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return tiny(tmp_path / "labs")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@dataclass
class FakeChecks:
    """Answers results that were decided before."""

    results: Sequence[CheckResult]
    kubeconfigs: list[str] = field(default_factory=list)

    def run(
        self, lab: Lab, cluster: Cluster, kubeconfig: str, *, step: str | None = None
    ) -> Report:
        self.kubeconfigs.append(kubeconfig)
        return Report(lab.id, cluster.name, (StepResult("first", tuple(self.results)),), 0.1)


@dataclass
class FakeRunner:
    """Remembers what was started; `fail` makes it fail."""

    fail: bool = False
    runs: list[tuple[list[str], Mapping[str, str], str | None]] = field(default_factory=list)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Output:
        self.runs.append((list(argv), env or {}, cwd))
        if self.fail:
            raise ToolFailed("'bash' exited with 1.", argv=argv)
        return Output("", "")


def scripts(lab: Lab, runner: FakeRunner | None = None) -> Scripts:
    config, work = Path("/state/kubeconfig"), lab.folder.parent / "work"
    return Scripts(lab, CLUSTER, runner or FakeRunner(), config, "/usr/bin", work)


@dataclass
class FakeContainers:
    """Containers by name with their labels, and images by name with theirs."""

    there: dict[str, dict[str, str]]
    stored: dict[str, dict[str, str]] = field(default_factory=dict)

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        key, _, value = label.partition("=")
        found = [name for name, labels in self.stored.items() if labels.get(key) == value]
        return tuple(ImageInfo(name, (name,), (), "linux", "amd64", 1, None) for name in found)

    def untag(self, reference: str) -> bool:
        return self.stored.pop(reference, None) is not None

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        key, _, value = label.partition("=")
        gone = tuple(
            name
            for name, labels in self.there.items()
            if labels.get(key) == value and not (without and without in labels)
        )
        self.there = {name: labels for name, labels in self.there.items() if name not in gone}
        return gone


def engine(*running: tuple[str, str]) -> FakeEngine:
    rows = [
        Node(
            f"labctl-{name}-control-plane",
            "control-plane",
            True,
            "running",
            "image",
            {KIND_CLUSTER: f"labctl-{name}", LABEL_CLUSTER: name, LABEL_LAB: lab},
        )
        for name, lab in running
    ]
    return FakeEngine(rows=rows)


def failed(code: str) -> CheckResult:
    return CheckResult("one", "One", Outcome.FAIL, code=code)


def test_the_only_running_lab_is_meant() -> None:
    assert resolve(engine(("a", "tiny")), name=None).name == "a"
    two = engine(("a", "tiny"), ("b", "other"))
    assert resolve(two, name="b").lab == "other"
    assert resolve(two, name=None, lab="tiny").name == "a"


def test_of_several_labs_the_one_that_is_worked_on_here_is_meant() -> None:
    two = engine(("a", "tiny"), ("b", "tiny"))
    assert resolve(two, name=None, works_here=lambda name: name == "b").name == "b"
    assert resolve(two, name="a", works_here=lambda name: name == "b").name == "a"
    with pytest.raises(UsageError, match="Several labs are running"):
        resolve(two, name=None, works_here=lambda _: True)


def test_a_cluster_for_tests_is_meant_only_by_its_name() -> None:
    both = engine(("a", "tiny"), ("lab-test-1", ANY_LAB))
    assert resolve(both, name=None).name == "a"
    assert resolve(both, name="lab-test-1", lab="tiny").lab == ANY_LAB
    with pytest.raises(PrerequisiteMissing, match="No lab is running"):
        resolve(engine(("lab-test-1", ANY_LAB)), name=None)


def test_a_lab_that_can_t_be_told_is_asked_for() -> None:
    two = engine(("alpha", "tiny"), ("beta", "tiny"))
    with pytest.raises(UsageError, match=r"'alpha' \(tiny\), 'beta' \(tiny\)"):
        resolve(two, name=None)
    with pytest.raises(UsageError, match="'alhpa', did you mean 'alpha'"):
        resolve(two, name="alhpa")
    with pytest.raises(UsageError, match="'alpha' runs lab 'tiny', not 'other'"):
        resolve(two, name="alpha", lab="other")


def test_no_running_lab_says_how_to_start_one() -> None:
    with pytest.raises(PrerequisiteMissing) as caught:
        resolve(engine(), name=None)
    assert (caught.value.message, caught.value.hint) == (
        "No lab is running.",
        "Start one with: labctl up",
    )
    with pytest.raises(PrerequisiteMissing, match="Lab 'tiny' is not running"):
        resolve(engine(("b", "other")), name=None, lab="tiny")


def test_a_scene_is_set_once_and_the_learner_s_changes_stay(lab: Lab) -> None:
    kube = FakeKube()
    assert apply_scene(lab, kube, scripts(lab), clock=FakeTime().clock())
    assert kube.calls == ["apply Namespace/tiny", "apply ConfigMap/start", "apply Namespace/tiny"]
    assert kube.get("v1", "ConfigMap", "start", "tiny").namespace == "tiny"
    assert not apply_scene(lab, kube, scripts(lab), clock=FakeTime().clock())
    assert len(kube.calls) == 3


class Full(FakeKube):
    """Refuses ConfigMaps, as a full disk would."""

    def apply(
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]:
        documents = list(documents)
        if any(document["kind"] == "ConfigMap" for document in documents):
            raise ToolFailed("no space left on device")
        return super().apply(documents, namespace=namespace)


def test_a_scene_that_was_cut_short_is_set_again(lab: Lab) -> None:
    full = Full()
    with pytest.raises(ToolFailed):
        apply_scene(lab, full, scripts(lab))
    kube = FakeKube(objects=full.objects)
    assert apply_scene(lab, kube, scripts(lab))
    assert kube.get("v1", "ConfigMap", "start", "tiny")


def test_reset_brings_the_scene_back_and_leaves_nodes_alone(lab: Lab, store: Store) -> None:
    kube = FakeKube()
    apply_scene(lab, kube, scripts(lab))
    kube.apply(
        [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}], namespace="tiny"
    )
    containers = FakeContainers(
        {
            "mine": {LABEL_LAB: "tiny"},
            "node": {LABEL_LAB: "tiny", KIND_CLUSTER: "labctl-tiny"},
            "other": {LABEL_LAB: "other"},
        }
    )
    LearnerProgress(shown={"first": ["x"]}).save(store, "tiny")
    seen: list[bool] = []

    def load() -> None:
        seen.append(("ConfigMap", "tiny", "start") in kube.objects)

    removed = reset(scripts(lab), kube, containers, [], store, progress=FakeProgress(), load=load)
    assert seen == [False]  # after the old scene, whose scripts repair nodes; before the new one
    assert removed == ("mine",)
    assert set(containers.there) == {"node", "other"}
    assert kube.get("v1", "ConfigMap", "start", "tiny")
    with pytest.raises(KubeNotFound):
        kube.get("v1", "Secret", "s", "tiny")
    assert LearnerProgress.load(store, "tiny") == LearnerProgress()


def test_reset_works_where_nothing_is_left(lab: Lab, store: Store) -> None:
    kube, engine = FakeKube(), FakeContainers({})
    reset(scripts(lab), kube, engine, [], store, progress=FakeProgress(), load=lambda: None)
    assert kube.get("v1", "ConfigMap", "start", "tiny")


def test_starter_files_are_copied_and_never_overwrite(lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "work"
    assert copy_starter(lab, target) == (target / "sub/file.txt",)
    (target / "sub/file.txt").write_text("mine")
    assert copy_starter(lab, target) == ()
    assert (target / "sub/file.txt").read_text() == "mine"


def test_only_unchanged_starter_files_and_empty_folders_go(lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "work"
    copy_starter(lab, target)
    (target / "sub/file.txt").write_text("mine")
    assert remove_starter(lab, target) == (target / "sub/file.txt",)
    (target / "sub/file.txt").write_text("start\n")
    (target / "own.txt").write_text("own")
    assert remove_starter(lab, target) == ()
    assert [path.name for path in target.iterdir()] == ["own.txt"]


def test_checks_run_with_an_account_that_reads(lab: Lab, store: Store) -> None:
    kube, checks = FakeKube(), FakeChecks([failed("absent")])
    report = check(lab, CLUSTER, kube, checks, store)
    assert report.exit_code is ExitCode.NOT_PASSED
    assert checks.kubeconfigs == ["kubeconfig with token"]
    calls = list(kube.calls)
    check(lab, CLUSTER, kube, checks, store)
    assert kube.calls == calls  # the account is made once


def test_a_dead_api_server_is_an_error_of_every_check_and_no_failure(
    lab: Lab, store: Store
) -> None:
    checks = FakeChecks([])
    report = check(lab, CLUSTER, FakeKube(alive=False), checks, store)
    assert [one.outcome for one in report.checks] == [Outcome.ERROR, Outcome.ERROR]
    assert report.exit_code is ExitCode.TOOL
    assert checks.kubeconfigs == []


def test_stopped_nodes_are_a_missing_prerequisite(lab: Lab, store: Store) -> None:
    stopped = Node(NODE.name, NODE.role, False, "exited", "image")
    cluster = replace(CLUSTER, nodes=(stopped,))
    with pytest.raises(PrerequisiteMissing) as caught:
        check(lab, cluster, FakeKube(), FakeChecks([]), store)
    assert caught.value.hint == "Start it again with: labctl up tiny --name tiny"


def test_a_worker_may_stop_where_the_lab_says_so_and_the_control_plane_may_not(
    tmp_path: Path, store: Store
) -> None:
    lab = tiny(tmp_path / "labs", lab=f"{LAB}cluster: {{nodes: 2, workers_may_stop: true}}\n")
    worker = Node("labctl-tiny-worker", "worker", False, "exited", "image")
    cluster = replace(CLUSTER, nodes=(NODE, worker))
    report = check(lab, cluster, FakeKube(), FakeChecks([failed("absent")]), store)
    assert report.exit_code is ExitCode.NOT_PASSED
    gone = replace(NODE, running=False)
    with pytest.raises(PrerequisiteMissing):
        check(lab, replace(cluster, nodes=(gone, worker)), FakeKube(), FakeChecks([]), store)


def test_hints_come_one_by_one_those_for_the_failure_first(lab: Lab, store: Store) -> None:
    check(lab, CLUSTER, FakeKube(), FakeChecks([failed("absent")]), store)
    said = [hint(lab, "first", store, "tiny", language="en") for _ in range(4)]
    assert [one.texts for one in said] == [
        ("Look for it.",),
        ("Make it.",),
        ("A first step hint.",),
        ("Look for it.", "Make it.", "A first step hint."),
    ]
    assert [one.left for one in said] == [2, 1, 0, 0]


def test_all_hints_at_once(lab: Lab, store: Store) -> None:
    said = hint(lab, "first", store, "tiny", language="en", everything=True)
    assert (said.texts, said.left) == (("A first step hint.",), 0)


def test_damaged_progress_is_a_fresh_start(store: Store) -> None:
    store.write(store.cluster_dir("tiny") / "progress.json", '{"shown": 1')
    assert LearnerProgress.load(store, "tiny") == LearnerProgress()


def solver(lab: Lab, kube: FakeKube, runner: FakeRunner) -> Solver:
    return Solver(scripts(lab, runner), kube, FakeProgress())


def test_a_step_is_solved_by_its_manifest_or_script(lab: Lab) -> None:
    kube, runner = FakeKube(), FakeRunner()
    assert solver(lab, kube, runner).solve(["first", "second"]) == ("first", "second")
    assert kube.get("v1", "ConfigMap", "solved", "tiny")
    [(argv, env, cwd)] = runner.runs
    assert argv == ["bash", "-eu", str(lab.folder / "solutions/default/second.sh")]
    assert env["KUBECONFIG"] == "/state/kubeconfig"
    assert env["LABCTL_NAMESPACE"] == "tiny"
    assert env["PATH"].endswith(":/usr/bin")
    assert cwd == str(lab.folder)


def test_a_step_without_files_needs_no_work(lab: Lab) -> None:
    (lab.folder / "solutions/default/second.sh").unlink()
    assert solver(lab, FakeKube(), FakeRunner()).solve(["second"]) == ()


def test_a_solution_that_fails_is_told(lab: Lab) -> None:
    with pytest.raises(ToolFailed):
        solver(lab, FakeKube(), FakeRunner(fail=True)).solve(["second"])
