"""The scripts that run inside the image build; they are plain Python here too."""

import hashlib
import json
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest

from labctl.nodeimage import FOLDER
from labctl.nodeimage.go import gomod
from labctl.nodeimage.stage import image_plan, kind_files, oci

UPSTREAM = """module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require (
	github.com/spf13/cobra v1.10.2
	k8s.io/api v0.0.0
	k8s.io/client-go v0.0.0
	k8s.io/kube-openapi v0.0.0-20260317180543-43fb72c5454a
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
)
"""

OF_CONTAINERD = (
    "etc/containerd/config.toml",
    "etc/crictl.yaml",
    "etc/default/kubelet",
    "etc/systemd/system/containerd.service",
)
KEPT = ("etc/systemd/system/kubelet.service", "usr/local/bin/entrypoint")

ASKED = [
    "registry.k8s.io/kube-apiserver:v1.36.3",
    "registry.k8s.io/kube-controller-manager:v1.36.3",
    "registry.k8s.io/kube-scheduler:v1.36.3",
    "registry.k8s.io/kube-proxy:v1.36.3",
    "registry.k8s.io/coredns/coredns:v1.14.2",
    "registry.k8s.io/pause:3.10.2",
    "registry.k8s.io/etcd:3.6.8-0",
    "docker.io/kindest/local-path-provisioner:v20260820-69b56db7",
    "docker.io/kindest/local-path-helper:v20260131-7181c60a",
]


def test_the_wrapper_module_repeats_the_replaces() -> None:
    assert gomod.wrapper(UPSTREAM, "1.36.3") == (
        "module labctl.dev/node/kubernetes\n\ngo 1.26.0\n\ngodebug default=go1.26\n\n"
        "require k8s.io/kubernetes v1.36.3\n\nreplace (\n"
        "\tk8s.io/api => k8s.io/api v0.36.3\n"
        "\tk8s.io/client-go => k8s.io/client-go v0.36.3\n)\n"
    )


def test_a_go_mod_that_we_do_not_know_fails() -> None:
    with pytest.raises(ValueError, match=r"1\.99\.0 has no go line"):
        gomod.wrapper("module k8s.io/kubernetes\n", "1.99.0")


def test_every_image_has_its_name_and_its_layers() -> None:
    plan = image_plan.plan(ASKED)
    assert list(plan) == ASKED
    assert plan["registry.k8s.io/kube-proxy:v1.36.3"]["layers"] == ["kubernetes", "links", "tools"]
    assert plan["registry.k8s.io/etcd:3.6.8-0"]["config"]["Entrypoint"] == ["etcd"]


def test_an_image_that_kubeadm_asks_for_newly_fails() -> None:
    with pytest.raises(ValueError, match=r"registry\.k8s\.io/kube-dra:v1"):
        image_plan.plan([*ASKED, "registry.k8s.io/kube-dra:v1"])
    with pytest.raises(ValueError, match="no longer ask for: etcd"):
        image_plan.plan([name for name in ASKED if "etcd" not in name])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """An archive of two images that share a layer, by path."""
    for name in ("kubernetes", "links"):
        (tmp_path / f"{name}.tar").write_bytes(f"{name} raw".encode())
        (tmp_path / f"{name}.tar.zst").write_bytes(f"{name} packed".encode())
    config = {"Entrypoint": ["x"]}
    plan = {
        "r/a:1": {"layers": ["kubernetes", "links"], "config": config},
        "r/b:1": {"layers": ["kubernetes"], "config": config},
    }
    out = tmp_path / "images.tar"
    oci.write(plan, tmp_path, "arm64", out)
    with tarfile.open(out) as tar:
        files = {member.name: read(tar, member) for member in tar.getmembers()}
        assert len(files) == len(tar.getmembers())
    return files


def test_an_archive_has_shared_layers_once(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        if name.startswith("blobs/"):
            assert name.endswith(hashlib.sha256(data).hexdigest())
    first, second = json.loads(files["index.json"])["manifests"]
    assert first["annotations"] == {
        "io.containerd.image.name": "r/a:1",
        "org.opencontainers.image.ref.name": "r/a:1",
    }
    manifests = [blob(files, first), blob(files, second)]
    assert manifests[0]["layers"][0] == manifests[1]["layers"][0]
    image = blob(files, manifests[0]["config"])
    assert image["architecture"] == "arm64"
    assert image["rootfs"]["diff_ids"][1] == "sha256:" + hashlib.sha256(b"links raw").hexdigest()


def test_the_docker_engine_finds_the_same_images_by_manifest_json(files: dict[str, bytes]) -> None:
    first, second = json.loads(files["manifest.json"])
    assert (first["RepoTags"], second["RepoTags"]) == (["r/a:1"], ["r/b:1"])
    assert [files[path] for path in first["Layers"]] == [b"kubernetes packed", b"links packed"]
    assert second["Layers"] == first["Layers"][:1]
    tops = json.loads(files["index.json"])["manifests"]
    for image, top in zip((first, second), tops, strict=True):
        assert image["Config"].endswith(blob(files, top)["config"]["digest"].partition(":")[2])
        assert json.loads(files[image["Config"]])["config"] == {"Entrypoint": ["x"]}


def read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> Any:
    return json.loads(files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")])


# What matters of kind's own, in its order.
CONFIG = """# explicitly use v2 config format
version = 2

[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "/etc/containerd/cri-base.json"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = true

# Setup a runtime with the magic name ("test-handler") used for Kubernetes
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.test-handler]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = false
"""


def module(folder: Path) -> Path:
    """A module tree with what is read of kind's."""
    files = folder / "images/base/files"
    texts = dict.fromkeys((*kind_files.UNUSED, *KEPT, *OF_CONTAINERD), "")
    for edit in kind_files.edits("p:1"):
        texts[edit.path] += f"\n{edit.old}\n"
    for name, text in {**texts, "etc/containerd/config.toml": CONFIG}.items():
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(text)
    constants = folder / "pkg/build/nodeimage/const_storage.go"
    constants.parent.mkdir(parents=True)
    constants.write_text(
        'package x\n\nconst storageProvisionerImage = "k/p:1"\nconst storageHelperImage = "k/h:1"\n\n'
        "const defaultStorageManifest = `\nimage: ` + storageProvisionerImage + `\nend\n`\n"
    )
    return folder


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_is_containerds_is_apart_so_that_other_nodes_have_none_of_it(tmp_path: Path) -> None:
    kind_files.main(module(tmp_path / "module"), tmp_path / "out", "r/pause:9")
    assert names(tmp_path / "out/containerd") == set(OF_CONTAINERD)
    assert names(tmp_path / "out/rootfs") == set(KEPT)


def test_containerds_configuration_has_crun_beside_runc(tmp_path: Path) -> None:
    kind_files.main(module(tmp_path / "module"), tmp_path / "out", "r/pause:9")
    text = (tmp_path / "out/containerd/etc/containerd/config.toml").read_text()
    config = tomllib.loads(text)
    assert config["imports"] == ["/etc/containerd/conf.d/*.toml"]
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert (cri["sandbox_image"], cri["restrict_oom_score_adj"]) == ("r/pause:9", True)
    runtimes = cri["containerd"]["runtimes"]
    assert runtimes.keys() == {"runc", "crun", "test-handler"}
    assert runtimes["crun"].pop("options") == {
        "BinaryName": "/usr/bin/crun",
        **runtimes["runc"].pop("options"),
    }
    specs = [runtimes[name].pop("base_runtime_spec") for name in ("runc", "crun")]
    assert specs == ["/etc/containerd/cri-base.json", "/etc/containerd/cri-base-crun.json"]
    made = (FOLDER / "Dockerfile").read_text()
    assert all(f">{Path(spec).name} " in made for spec in specs)
    assert runtimes["crun"] == runtimes["runc"]
    assert cri["containerd"]["default_runtime_name"] == "runc"


def test_kinds_files_come_edited(tmp_path: Path) -> None:
    out = tmp_path / "out"
    kind_files.main(module(tmp_path / "module"), out, "r/pause:9")
    unit = (out / "containerd/etc/systemd/system/containerd.service").read_text()
    assert "OOMScoreAdjust" not in unit
    assert "mount --bind" not in (out / "rootfs/usr/local/bin/entrypoint").read_text()
    assert (out / "rootfs/usr/local/bin/entrypoint").stat().st_mode & 0o777 == 0o755
    assert (out / "default-storage.yaml").read_text() == "\nimage: k/p:1\nend\n"
    assert (out / "storage-images").read_text() == "k/p:1\nk/h:1\n"
    assert not (out / "rootfs/LICENSES").exists()


def test_an_edit_that_no_longer_matches_names_itself(tmp_path: Path) -> None:
    folder = module(tmp_path / "module")
    (folder / "images/base/files/etc/systemd/system/containerd.service").write_text("changed")
    with pytest.raises(ValueError, match=r"edit 'no-oom-score-in-unit': etc/systemd/system/"):
        kind_files.main(folder, tmp_path / "out", "p:1")
