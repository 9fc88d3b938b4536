from pathlib import Path

import pytest
from pydantic import ValidationError

from labctl.errors import UsageError
from labctl.model import Runtime
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
    ],
)
def test_resolve(asked: str | None, kubernetes: str, components: str) -> None:
    pins = versions.resolve(asked, FILE)
    assert (pins.kubernetes, pins.components.release) == (kubernetes, components)
    assert pins.pinned == (kubernetes == components)


@pytest.mark.parametrize(
    "asked", ["latest", "1", "2.0.0", "1.36.x", "1.38", "1.33.13", "1.36.3-rc.1"]
)
def test_resolve_says_what_is_known(asked: str) -> None:
    with pytest.raises(UsageError) as error:
        versions.resolve(asked, FILE)
    assert "1.37.2, 1.36.3, 1.34.4" in error.value.hint
    assert asked in error.value.message or "1.33" in error.value.message


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
        for entry in FILE.kubernetes.values()
        for part, version in (
            ("kubernetes", entry.release),
            ("containerd", entry.containerd),
            ("etcd", entry.etcd),
            ("crictl", entry.crictl),
            ("coredns", entry.coredns),
            ("storage", entry.storage),
        )
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default: "1.36"', 'default: "1.30"'),
        ("release: 1.36.3", "release: 1.35.3"),
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
