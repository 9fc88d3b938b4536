from pathlib import Path

import pytest
from pydantic import ValidationError

from labctl.errors import UsageError
from labctl.model import RUNTIMES, Runtime
from labctl.nodeimage import FOLDER, versions
from labctl.nodeimage.recipe import module_versions
from tests.pairs import node_images

FILE = versions.load()
OWN_GO_MOD = {"cri-o", "cri-dockerd"}


@pytest.mark.parametrize(
    ("asked", "kubernetes", "components"),
    [
        (None, "1.36.3", "1.36.3"),
        ("", "1.36.3", "1.36.3"),
        ("1.36", "1.36.3", "1.36.3"),
        ("v1.36.3", "1.36.3", "1.36.3"),
        ("1.36.1", "1.36.1", "1.36.3"),
        ("1.34", "1.34.4", "1.34.4"),
        ("1.34.3", "1.34.3", "1.34.4"),
        ("1.37", "1.37.2", "1.37.2"),
        ("1.37.2", "1.37.2", "1.37.2"),
        ("1.38.0", "1.38.0", "1.37.2"),
        ("1.35.4", "1.35.4", "1.34.4"),
        ("1.24", "1.24.17", "1.24.17"),
        ("v1.24.17", "1.24.17", "1.24.17"),
        ("1.23", "1.23.17", "1.23.17"),
        ("1.23.17", "1.23.17", "1.23.17"),
    ],
)
def test_resolve(asked: str | None, kubernetes: str, components: str) -> None:
    pins = versions.resolve(asked, FILE)
    assert (pins.kubernetes, pins.components.release) == (kubernetes, components)
    assert pins.pinned == (kubernetes == components)


@pytest.mark.parametrize(
    "asked",
    [
        "latest",
        "1",
        "2.0.0",
        "1.36.x",
        "1.38",
        "1.33.13",
        "1.36.3-rc.1",
        "1.24.16",
        "1.23.7",
        "1.22",
    ],
)
def test_resolve_says_what_is_known(asked: str) -> None:
    with pytest.raises(UsageError) as error:
        versions.resolve(asked, FILE)
    assert "1.37.2, 1.36.3, 1.34.4" in error.value.hint
    assert ".".join(asked.split(".")[:2]) in error.value.message


def test_every_pin_has_its_modules() -> None:
    for release, runtime in node_images():
        for part, version in module_versions(versions.resolve(release, FILE), runtime).items():
            if part in OWN_GO_MOD:
                continue
            folder = FOLDER / "go" / ("kubernetes" if part == "kubelet" else part) / version
            assert version in (folder / "go.mod").read_text()
            assert (folder / "go.sum").stat().st_size > 0


def test_what_is_built_from_its_own_modules_go_mod_has_none_here() -> None:
    assert not (FOLDER / "go" / "cri-o").exists()
    assert [path for path in (FOLDER / "go" / "cri-dockerd").iterdir() if path.is_dir()] == []


def test_no_modules_are_left_of_versions_that_are_not_pinned_any_more() -> None:
    pinned = {
        (part, version)
        for entry in (*FILE.kubernetes.values(), *FILE.historic.values())
        for part, version in (
            ("kubernetes", entry.release),
            ("containerd", entry.containerd),
            ("etcd", entry.etcd),
            ("crictl", entry.crictl),
            ("coredns", entry.coredns),
            ("storage", entry.storage),
        )
        if version
    }
    folders = {path.parent for path in (FOLDER / "go").glob("*/*/go.mod")}
    assert {(folder.parent.name, folder.name) for folder in folders} == pinned


def test_each_release_goes_with_the_runtimes_that_its_minor_has() -> None:
    all_of_them = (Runtime.CONTAINERD, Runtime.CRIO, Runtime.DOCKER)
    without_crio = (Runtime.CONTAINERD, Runtime.DOCKER)
    assert versions.runtimes("1.36", FILE) == all_of_them
    for minor in ("1.37", "1.35", "1.40"):
        assert versions.runtimes(minor, FILE) == without_crio
    assert versions.pairs(FILE) == (
        *(("1.37.2", runtime) for runtime in without_crio),
        *(("1.36.3", runtime) for runtime in all_of_them),
        *(("1.34.4", runtime) for runtime in all_of_them),
    )


def test_a_cri_o_is_of_the_minor_that_it_is_pinned_for() -> None:
    for minor, entry in FILE.kubernetes.items():
        assert entry.cri_o is None or entry.cri_o.startswith(f"{minor}.")


@pytest.mark.parametrize("asked", ["1.36", "1.36.1", "1.34.9"])
def test_another_patch_of_a_pinned_minor_goes_with_its_cri_o(asked: str) -> None:
    pins = versions.resolve(asked, FILE)
    versions.check_pair(pins, Runtime.CRIO, FILE)
    assert pins.components.cri_o is not None


@pytest.mark.parametrize("asked", ["1.37", "1.37.0", "1.35.4", "1.38.1"])
def test_a_minor_without_a_cri_o_of_its_own_is_refused_with_what_helps(asked: str) -> None:
    pins = versions.resolve(asked, FILE)
    with pytest.raises(UsageError) as error:
        versions.check_pair(pins, Runtime.CRIO, FILE)
    assert error.value.message == (
        f"Kubernetes {pins.kubernetes} does not go with cri-o: CRI-O is released for one minor"
        f" each, and there is none for {pins.minor} here."
    )
    assert error.value.hint == (
        "Take --kubernetes 1.36.3 or 1.34.4, or another --runtime: containerd, docker."
    )
    for runtime in (Runtime.CONTAINERD, Runtime.DOCKER):
        versions.check_pair(pins, runtime, FILE)


def test_the_historic_cluster_is_a_release_of_each_of_two_minors() -> None:
    found = versions.history(FILE)
    assert list(found.items()) == [
        (Runtime.CONTAINERD, "1.24.17"),
        (Runtime.DOCKERSHIM, "1.23.17"),
    ]
    assert versions.runtimes("1.24", FILE) == (Runtime.CONTAINERD,)
    assert versions.runtimes("1.23", FILE) == (Runtime.DOCKERSHIM,)
    for runtime, release in found.items():
        versions.check_pair(versions.resolve(release, FILE), runtime, FILE)


def test_the_historic_worker_has_its_control_planes_kubeadm_and_images() -> None:
    control_plane, worker = FILE.historic["1.24"], FILE.historic["1.23"]
    assert (control_plane.control_plane, worker.control_plane) == (None, control_plane.release)
    own = {"release", "control_plane", "containerd"}
    assert worker.model_dump(exclude=own) == control_plane.model_dump(exclude=own)


def test_historic_releases_are_neither_known_nor_pairs() -> None:
    assert set(versions.history(FILE).values()).isdisjoint(
        {*versions.known(FILE), *(release for release, _ in versions.pairs(FILE))}
    )
    assert all(runtime in RUNTIMES for _, runtime in versions.pairs(FILE))


HISTORIC_ALONE = "that release is here for the historic cluster alone (docs/history.md)"


@pytest.mark.parametrize(
    ("asked", "runtime", "why", "releases", "others"),
    [
        (
            "1.23",
            Runtime.CONTAINERD,
            f"Kubernetes 1.23.17 does not go with containerd: {HISTORIC_ALONE}.",
            "1.37.2 or 1.36.3 or 1.34.4 or 1.24.17",
            "dockershim",
        ),
        (
            "1.36",
            Runtime.DOCKERSHIM,
            "Kubernetes 1.36.3 does not go with dockershim:"
            " the dockershim was part of the kubelet until 1.23.",
            "1.23.17",
            "containerd, cri-o, docker",
        ),
        (
            "1.24",
            Runtime.DOCKERSHIM,
            "Kubernetes 1.24.17 does not go with dockershim:"
            " the dockershim was part of the kubelet until 1.23.",
            "1.23.17",
            "containerd",
        ),
        (
            "1.24",
            Runtime.DOCKER,
            f"Kubernetes 1.24.17 does not go with docker: {HISTORIC_ALONE}.",
            "1.37.2 or 1.36.3 or 1.34.4",
            "containerd",
        ),
    ],
)
def test_what_the_dockershim_and_historic_releases_do_not_go_with_is_said_with_what_helps(
    asked: str, runtime: Runtime, why: str, releases: str, others: str
) -> None:
    with pytest.raises(UsageError) as error:
        versions.check_pair(versions.resolve(asked, FILE), runtime, FILE)
    assert error.value.message == why
    assert error.value.hint == f"Take --kubernetes {releases}, or another --runtime: {others}."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default: "1.36"', 'default: "1.30"'),
        ("release: 1.36.3", "release: 1.35.3"),
        ("release: 1.23.17", "release: 1.24.17"),
        ("control-plane: 1.24.17", 'control-plane: "1.24"'),
        ("etcd: 3.6.8", "etcd: latest"),
        ("cri-o: 1.36.3", "crio: 1.36.3"),
        ("cri-o: 1.36.3", 'cri-o: "1.36"'),
        ("go: 1.26.8", "golang: 1.26.8"),
    ],
)
def test_a_wrong_versions_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "versions.yaml").read_text()
    assert old in text
    file = tmp_path / "versions.yaml"
    file.write_text(text.replace(old, new))
    with pytest.raises(ValidationError):
        versions.load(file)
