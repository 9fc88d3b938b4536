"""`--runtime`, `--oci-runtime` and `--history` from the command line to JSON."""

from pathlib import Path

import pytest

from tests.cli.machine import NODES, Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("verb", "known"),
    [
        ("up", "containerd, cri-o, docker"),
        ("node-image build", "containerd, cri-o, docker, dockershim"),
    ],
)
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("crio", "There is no runtime 'crio', did you mean 'cri-o'?"),
        ("podman", "There is no runtime 'podman'."),
        ("", "There is no runtime ''."),
    ],
)
def test_a_runtime_that_does_not_exist_is_exit_2(
    machine: Machine, verb: str, known: str, word: str, said: str
) -> None:
    machine.engine.alive = False
    assert machine.labctl(*verb.split(), "--runtime", word, code=2) == ""
    assert machine.said == f"Error: {said}\nKnown: {known}.\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("--runtime docker,docker", "'docker' is named twice"),
        ("--runtime containerd,crio", "no runtime 'crio', did you mean 'cri-o'?"),
        ("--runtime containerd,", "There is no runtime ''."),
        ("--oci-runtime crunn", "no OCI runtime 'crunn', did you mean 'crun'?"),
        ("--oci-runtime kata", "no OCI runtime 'kata'.\nKnown: runc, crun."),
    ],
)
def test_words_that_can_not_be_meant_are_exit_2(machine: Machine, argv: str, said: str) -> None:
    machine.engine.alive = False
    assert machine.labctl("up", *argv.split(), code=2) == ""
    assert said in machine.said


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("--runtime containerd,docker --nodes 2", "2 runtimes need a control plane and 2 workers"),
        ("--kubernetes 1.37 --runtime cri-o", "Kubernetes 1.37.2 does not go with cri-o"),
        ("--kubernetes 1.35.4 --runtime docker,cri-o", "Take --kubernetes 1.36.3 or 1.34.4"),
    ],
)
def test_what_does_not_go_together_is_exit_2_and_makes_nothing(
    machine: Machine, argv: str, said: str
) -> None:
    images = set(machine.engine.stored)
    assert machine.labctl("up", *argv.split(), code=2) == ""
    assert said in machine.said
    assert (set(machine.engine.stored), machine.engine.rows) == (images, [])


def test_node_image_build_refuses_a_pair_that_does_not_exist(machine: Machine) -> None:
    machine.labctl("node-image", "build", "--kubernetes", "1.37", "--runtime", "cri-o", code=2)
    assert "1.37.2 does not go with cri-o" in machine.said


def test_up_and_status_tell_both_runtimes_as_json(machine: Machine) -> None:
    done = machine.json("up", "--runtime", "docker", "--oci-runtime", "crun")
    assert (done["runtime"], done["oci_runtime"]) == ("docker", "crun")
    (row,) = machine.json("status")["labs"]
    assert (row["runtime"], row["oci_runtime"]) == ("docker", "crun")


def test_without_options_it_is_containerd_and_runc(machine: Machine) -> None:
    done = machine.json("up")
    assert (done["runtime"], done["oci_runtime"]) == ("containerd", "runc")
    assert done["nodes"] == [NODES[0]]


def test_a_mixed_cluster_from_one_line(machine: Machine) -> None:
    done = machine.json("up", "--runtime", "cri-o, docker ,containerd")
    assert (done["runtime"], done["nodes"]) == ("cri-o,docker,containerd", list(NODES))
    runtimes = [node.labels["dev.labctl.runtime"] for node in machine.engine.rows]
    assert runtimes == ["cri-o", "cri-o", "docker", "containerd"]


def test_the_closing_line_names_the_runtimes(machine: Machine) -> None:
    machine.labctl("up", "--runtime", "containerd,cri-o")
    assert "Kubernetes 1.36.3 on containerd, cri-o, 3 nodes." in machine.said


def test_status_has_a_mixed_clusters_runtimes_in_one_row(machine: Machine) -> None:
    machine.labctl("up", "--runtime", "containerd,cri-o,docker")
    _, row = machine.labctl("status").splitlines()
    assert row.split()[2:5] == ["1.36.3", "containerd,cri-o,docker", "4"]


def test_a_lab_has_a_runtime_class_for_each_oci_runtime(machine: Machine) -> None:
    machine.labctl("up")
    classes = machine.kube.list("node.k8s.io/v1", "RuntimeClass")
    assert {one.name for one in classes} == {"runc", "crun"}


def test_another_oci_runtime_than_is_there_is_refused_with_both_ways_out(machine: Machine) -> None:
    machine.labctl("up")
    machine.labctl("up", "--oci-runtime", "crun", code=2)
    assert "its OCI runtime is runc, not crun" in machine.said
    assert "--recreate" in machine.said


HISTORY = ("up", "--history", "dockershim")


def test_another_work_folder_than_the_labs_is_refused_and_nothing_is_copied(
    machine: Machine, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    machine.labctl("up", "--work", str(first))
    machine.labctl("up", "--work", str(second), code=2)
    assert f"has its files in '{first}'" in machine.said
    assert not second.exists()
    machine.labctl("up", "--work", str(first))


def test_the_historic_cluster_from_one_line(machine: Machine) -> None:
    done = machine.json(*HISTORY)
    assert (done["format"], done["state"]) == ("labctl/up/v1", "created")
    assert (done["kubernetes"], done["runtime"]) == ("1.24.17", "containerd,dockershim")
    assert (done["oci_runtime"], done["nodes"]) == ("runc", list(NODES[:2]))
    kubelets = [node.labels["dev.labctl.kubernetes"] for node in machine.engine.rows]
    assert kubelets == ["1.24.17", "1.23.17"]
    assert machine.kube.list("node.k8s.io/v1", "RuntimeClass") == ()
    for again in (HISTORY, ("up",)):
        assert machine.json(*again)["state"] == "running"
    machine.labctl("up", "--runtime", "containerd", code=2)
    assert "its runtime is containerd,dockershim, not containerd." in machine.said


def test_the_historic_clusters_closing_line_names_both_runtimes(machine: Machine) -> None:
    machine.labctl(*HISTORY)
    assert "Kubernetes 1.24.17 on containerd, dockershim, 2 nodes." in machine.said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("x", "There is no historic cluster 'x'."),
        ("", "There is no historic cluster ''."),
        ("containerd", "There is no historic cluster 'containerd'."),
        ("docker-shim", "There is no historic cluster 'docker-shim', did you mean 'dockershim'?"),
    ],
)
def test_a_historic_cluster_that_does_not_exist_is_exit_2(
    machine: Machine, word: str, said: str
) -> None:
    machine.engine.alive = False
    assert machine.labctl("up", "--history", word, code=2) == ""
    assert machine.said == f"Error: {said}\nKnown: dockershim.\n"


@pytest.mark.parametrize(
    "option", ["--nodes 2", "--kubernetes 1.24", "--runtime containerd", "--runtime dockershim"]
)
def test_history_says_all_of_what_there_is_and_anything_beside_it_is_exit_2(
    machine: Machine, option: str
) -> None:
    machine.engine.alive = False
    assert machine.labctl(*HISTORY, *option.split(), code=2) == ""
    assert machine.said == (
        "Error: --history says which versions, runtimes and nodes there are.\n"
        "Leave out --kubernetes, --runtime and --nodes.\n"
    )


@pytest.mark.parametrize("runtimes", ["dockershim", "containerd,dockershim"])
def test_the_dockershim_as_a_runtime_is_exit_2_with_the_command_that_has_it(
    machine: Machine, runtimes: str
) -> None:
    assert machine.labctl("up", "--runtime", runtimes, code=2) == ""
    assert machine.said == (
        "Error: The dockershim went with Kubernetes 1.24; it runs in the historic cluster alone.\n"
        "Start that with: labctl up --history dockershim\n"
    )
    assert machine.engine.rows == []


@pytest.mark.parametrize("version", ["", "--kubernetes 1.24"])
def test_a_node_image_with_the_dockershim_is_of_its_own_release_alone(
    machine: Machine, version: str
) -> None:
    build = ["node-image", "build", "--runtime", "dockershim", *version.split()]
    machine.labctl(*build, code=2)
    assert "the dockershim was part of the kubelet until 1.23." in machine.said
    assert "Take --kubernetes 1.23.17, or another --runtime: containerd" in machine.said
