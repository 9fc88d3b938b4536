import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.model import RUNTIMES, Runtime
from labctl.nodeimage import FOLDER, debian, recipe, static_cni, versions
from labctl.nodeimage.buildlog import BuildLog, hint

PINS = versions.resolve("1.36.3", versions.load())
OLDER = versions.resolve("1.34.4", versions.load())
DOCKERSHIM = Runtime.DOCKERSHIM
PINS_OF = {
    **dict.fromkeys(RUNTIMES, PINS),
    DOCKERSHIM: versions.resolve("1.23.17", versions.load()),
}
"""What a node of each runtime is made of."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "nodeimage"
    shutil.copytree(FOLDER, folder)
    return folder


def digest(folder: Path, pins: versions.Pins = PINS, runtime: Runtime = Runtime.CONTAINERD) -> str:
    return recipe.recipe_digest(pins, runtime, folder)


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def test_the_digest_is_the_recipes(copy: Path) -> None:
    before = digest(FOLDER)
    assert digest(copy) == before
    assert digest(copy, OLDER) != before
    changed(copy / "node/common/kind/labctl/cni/10-labctl.conflist")
    assert digest(copy) != before


def test_the_digest_knows_what_is_executable(copy: Path) -> None:
    before = digest(copy)
    (copy / "node/common/kind/labctl/bin/oci-runtimes").chmod(0o644)
    assert digest(copy) != before


def test_each_runtime_has_a_recipe_of_its_own() -> None:
    assert len({digest(FOLDER, runtime=runtime) for runtime in Runtime}) == len(Runtime)


def test_a_file_of_one_runtime_makes_no_other_runtimes_image_stale() -> None:
    containerd, crio, docker, dockershim = Runtime
    stale = {
        "Dockerfile": set(Runtime),
        "stage/systemd.sh": set(Runtime),
        "node/common/kind/manifests/default-cni.yaml": set(Runtime),
        "go/oci-runtime/main.go": set(Runtime),
        "go/oci-runtime/main_test.go": set(),
        "node/containerd/etc/systemd/system/containerd.service.d/10-labctl.conf": {containerd},
        "go/containerd/2.3.7/go.sum": {containerd},
        "node/cri-o/etc/crio/crio.conf.d/10-labctl.conf": {crio},
        "node/docker/etc/systemd/system/cri-docker.service": {docker},
        "node/docker-engine/etc/docker/daemon.json": {docker, dockershim},
        "node/docker-engine/kind/labctl/bin/docker-preload": {docker, dockershim},
        "node/dockershim/etc/default/kubelet": {dockershim},
        "go/kubernetes/net.go": set(Runtime),
        "go/kubernetes/1.36.3/go.sum": set(RUNTIMES),
        "go/kubernetes/1.24.17/main.go": {dockershim},
        "go/kubernetes/1.23.17/go.sum": {dockershim},
        "go/kubernetes/1.23.17/main.go": {dockershim},
        "go/kubernetes/1.23.17/toolchain": {dockershim},
        "go/etcd/3.5.6/go.sum": {dockershim},
        "go/cri-dockerd/runtime-class.patch": {docker},
    }
    used = {
        runtime: set(recipe.recipe_files(pins, runtime, FOLDER))
        for runtime, pins in PINS_OF.items()
    }
    assert [file for file in stale if not (FOLDER / file).is_file()] == []
    found = {file: {one for one in Runtime if FOLDER / file in used[one]} for file in stale}
    assert found == stale


def test_another_version_of_a_runtime_makes_only_its_images_stale() -> None:
    before = {runtime: digest(FOLDER, runtime=runtime) for runtime in RUNTIMES}
    newer = PINS.components.model_copy(update={"cri_o": "1.36.9"})
    pins = replace(PINS, components=newer)
    after = {runtime: digest(FOLDER, pins, runtime) for runtime in RUNTIMES}
    assert {one for one in RUNTIMES if after[one] != before[one]} == {Runtime.CRIO}


def test_another_versions_pins_make_no_image_stale(copy: Path) -> None:
    before = digest(copy)
    changed(copy / "go/kubernetes/1.34.4/go.sum")
    assert digest(copy) == before
    changed(copy / "go/kubernetes/1.36.3/go.sum")
    assert digest(copy) != before


def test_the_historic_control_plane_is_not_made_of_the_workers_kubelet() -> None:
    pins = versions.resolve("1.24.17", versions.load())
    files = recipe.recipe_files(pins, Runtime.CONTAINERD, FOLDER)
    folders = {path.parent for path in files if path.match("go/kubernetes/*/go.sum")}
    assert {folder.name for folder in folders} == {"1.24.17"}


def test_labels_name_everything_that_went_in() -> None:
    facts = recipe.parse_facts("runc=1.1.15+ds1-2+b4\ncni-plugins=1.1.1\n")
    labels = recipe.labels(PINS, Runtime.CONTAINERD, "abc", facts)
    assert labels["dev.labctl.kind"] == "node-image"
    assert labels["dev.labctl.kubernetes"] == "1.36.3"
    assert labels["dev.labctl.runtime"] == "containerd"
    assert labels["dev.labctl.recipe"] == "abc"
    of = {key.removeprefix("dev.labctl.version."): value for key, value in labels.items()}
    assert of["runc"] == "1.1.15+ds1-2+b4"
    assert of["containerd"] == PINS.components.containerd
    assert of["local-path-provisioner"] == PINS.components.storage
    assert {"go", "kind", "etcd", "coredns", "crictl", "cni-plugins", "kubernetes"} <= of.keys()


def test_a_command_line(tmp_path: Path) -> None:
    environ = {"GOPROXY": "https://proxy", "https_proxy": "http://p"}
    arguments = recipe.build_args(PINS, Runtime.CONTAINERD, environ)
    assert arguments["KUBERNETES_VERSION"] == "1.36.3"
    assert arguments["GOPROXY"] == "https://proxy"
    assert arguments["HTTPS_PROXY"] == "http://p"
    assert "GOSUMDB" not in arguments
    argv = recipe.build_argv("etcd", arguments, ["--tag", "a:1"], ca_bundle=tmp_path / "ca.crt")
    assert argv[:3] == ["docker", "buildx", "build"]
    assert {"--network=host", "--provenance=false", "--progress=plain"} <= set(argv)
    assert argv[argv.index("--target") + 1] == "etcd"
    assert argv[argv.index("--secret") + 1] == f"id=ca,src={tmp_path}/ca.crt"
    assert argv[-3:] == ["--tag", "a:1", str(FOLDER)]
    assert "--secret" not in recipe.build_argv("etcd", {}, [], ca_bundle=None)


@pytest.mark.parametrize("runtime", Runtime)
def test_every_part_is_a_stage(runtime: Runtime) -> None:
    stages = (FOLDER / "Dockerfile").read_text()
    last = recipe.facts_part(runtime), recipe.node_part(runtime)
    assert [part.target for part in last] == [f"facts-{runtime}", f"node-{runtime}"]
    for part in (*recipe.parts(runtime), *last):
        assert f" AS {part.target}\n" in stages
    for name in recipe.build_args(PINS, runtime, {}):
        assert re.search(rf"^ARG {name}\b", stages, re.MULTILINE)


@pytest.mark.parametrize(
    ("runtime", "part", "argument"),
    [
        (Runtime.CONTAINERD, "containerd", "CONTAINERD_VERSION"),
        (Runtime.CRIO, "cri-o", "CRI_O_VERSION"),
        (Runtime.DOCKER, "cri-dockerd", "CRI_DOCKERD_VERSION"),
        (DOCKERSHIM, "kubelet", "KUBELET_VERSION"),
    ],
)
def test_a_build_has_the_part_and_the_version_of_its_own_runtime_alone(
    runtime: Runtime, part: str, argument: str
) -> None:
    pins, of = PINS_OF[runtime], PINS.components
    versions_of = {
        "containerd": of.containerd,
        "cri-o": of.cri_o,
        "cri-dockerd": of.cri_dockerd,
        "kubelet": "1.23.17",
    }
    version, of_runtimes = versions_of[part], versions_of.keys()
    assert of_runtimes & {one.target for one in recipe.parts(runtime)} == {part}
    arguments = recipe.build_args(pins, runtime, {})
    assert arguments[argument] == version
    names = {"CONTAINERD_VERSION", "CRI_O_VERSION", "CRI_DOCKERD_VERSION", "KUBELET_VERSION"}
    assert names & arguments.keys() == {argument}
    labels = recipe.labels(pins, runtime, "abc", {})
    assert labels["dev.labctl.runtime"] == runtime
    assert labels["dev.labctl.kubernetes"] == pins.kubernetes
    assert labels[f"dev.labctl.version.{part}"] == version


def test_the_historic_worker_is_the_control_planes_kubernetes_with_a_kubelet_of_its_own() -> None:
    pins = PINS_OF[DOCKERSHIM]
    arguments = recipe.build_args(pins, DOCKERSHIM, {})
    assert (arguments["KUBERNETES_VERSION"], arguments["KUBELET_VERSION"]) == ("1.24.17", "1.23.17")
    labels = recipe.labels(pins, DOCKERSHIM, "abc", {})
    assert labels["dev.labctl.version.kubernetes"] == "1.24.17"
    assert labels["dev.labctl.version.kubelet"] == "1.23.17"
    assert recipe.image_tag(pins.kubernetes, DOCKERSHIM) == "labctl/node:v1.23.17-dockershim"


def test_what_a_stage_takes_from_is_a_stage() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", text, re.MULTILINE)
    names = {name for _, name in stages}
    taken = {*re.findall(r"\bfrom=([\w-]+)", text), *(base for base, _ in stages)}
    assert taken - {"scratch", "${BASE}"} <= names
    assert ("docker-engine", "root-dockershim") in stages
    _, _, shim = text.partition(" AS root-dockershim\n")
    assert shim.startswith("COPY --from=kubelet /out/hyperkube ")


def test_the_static_cni_is_a_conflist() -> None:
    conflist = json.loads(static_cni())
    assert [plugin["type"] for plugin in conflist["plugins"]] == ["ptp", "portmap"]


def test_a_build_log_keeps_what_programs_said() -> None:
    log = BuildLog()
    assert log.take("#11 [coredns 2/2] RUN sh build.sh coredns") == "RUN sh build.sh coredns"
    assert log.take("#11 0.5 go: downloading k8s.io/api v0.36.3").startswith("go: downloading")
    assert log.take("#11 9.1 ./main.go:64:12: assignment mismatch") != ""
    assert log.take("Dockerfile:27") == ""
    assert log.last == ("./main.go:64:12: assignment mismatch",)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("write /out/etcd: no space left on device", "disk"),
        ("tls: failed to verify certificate: x509: unknown authority", "SSL_CERT_FILE"),
        ("reading k8s.io/kubernetes: unknown revision v1.36.99", "released"),
        ("dial tcp: lookup proxy: i/o timeout", "GOPROXY"),
        ("something else", "run the same again"),
    ],
)
def test_hints(line: str, word: str) -> None:
    assert word in hint((line,))


@pytest.mark.parametrize(
    ("system", "file", "text", "mirror"),
    [
        (
            "debian",
            "sources.list",
            "deb https://download.docker.example/linux/debian trixie stable\n"
            "deb http://mirror.example/debian trixie main\n",
            "http://mirror.example/debian",
        ),
        ("debian", "sources.list.d/debian.sources", "URIs: http://m/debian/\n", "http://m/debian"),
        (
            "debian",
            "sources.list",
            "deb [arch=amd64] https://m/debian trixie main",
            "https://m/debian",
        ),
        (
            "debian",
            "sources.list",
            "deb http://m/debian-security trixie main",
            debian.DEFAULT_MIRROR,
        ),
        ("ubuntu", "sources.list", "deb http://m/debian noble main", debian.DEFAULT_MIRROR),
    ],
)
def test_the_mirror_is_the_hosts(
    tmp_path: Path, system: str, file: str, text: str, mirror: str
) -> None:
    (tmp_path / "etc/apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text(f'NAME="x"\nID={system}\n')
    (tmp_path / "etc/apt" / file).write_text(text)
    assert debian.mirror(tmp_path) == mirror
