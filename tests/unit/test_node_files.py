import tomllib

import pytest

from labctl.model import RUNTIMES, ClusterSpec, NodeImage, OciRuntime, Runtime
from labctl.nodeimage import FOLDER, restore_files, static_cni
from labctl.ops.node_files import STATIC_CNI, node_files

CONTAINERD, CRIO, DOCKER, DOCKERSHIM = Runtime
KEEPS_IMAGES = "/etc/crio/crio.conf.d/30-labctl.conf"


def image(runtime: Runtime, *, own: bool = True) -> NodeImage:
    return NodeImage(f"labctl/node:v1.36.3-{runtime}", "1.36.3", runtime, own)


def files_of(
    *nodes: NodeImage, oci_runtime: OciRuntime = OciRuntime.CRUN
) -> dict[Runtime, dict[str, bytes]]:
    """What each runtime's image gets beside what every image of our own has for checkpoints."""
    spec = ClusterSpec("a", "lab", nodes, oci_runtime)
    files = {one: node_files(spec, one) for one in spec.images}
    for one, content in files.items():
        if one.own:
            assert restore_files().items() <= content.items()
    always = {*restore_files(), KEEPS_IMAGES}
    return {
        one.runtime: {path: text for path, text in content.items() if path not in always}
        for one, content in files.items()
    }


def test_cri_o_alone_is_told_to_keep_its_images_whatever_the_end() -> None:
    for runtime in Runtime:
        files = node_files(ClusterSpec("a", "lab", (image(runtime),)), image(runtime))
        assert (KEEPS_IMAGES in files) is (runtime is CRIO)
    said = tomllib.loads(
        node_files(ClusterSpec("a", "b", (image(CRIO),)), image(CRIO))[KEEPS_IMAGES].decode()
    )
    assert said == {"crio": {"clean_shutdown_file": ""}}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_only_node_of_our_own_gets_a_cni_and_for_runc_nothing_else(runtime: Runtime) -> None:
    (files,) = files_of(image(runtime), oci_runtime=OciRuntime.RUNC).values()
    assert files == {STATIC_CNI: static_cni()}


def test_an_image_of_our_own_can_come_out_of_a_checkpoint_and_a_published_one_can_not() -> None:
    for own, wanted in ((True, restore_files()), (False, {})):
        node = image(CONTAINERD, own=own)
        assert node_files(ClusterSpec("a", "lab", (node, node)), node) == wanted


def test_what_a_node_needs_for_a_checkpoint_is_where_its_units_look() -> None:
    files = restore_files()
    units = "/etc/systemd/system"
    for script, unit in (("identity.sh", "identity"), ("addons.sh", "addons")):
        started = f"ExecStart=/bin/sh /kind/labctl/restore/{script}\n"
        assert f"/kind/labctl/restore/{script}" in files
        assert started in files[f"{units}/labctl-{unit}.service"].decode()
        assert (
            f"labctl-{unit}.service" in files[f"{units}/kubelet.service.d/20-restore.conf"].decode()
        )
    assert "/kind/labctl/restore/entry.sh" in files


def test_nodes_of_a_published_image_and_several_nodes_get_nothing_for_runc() -> None:
    runc = OciRuntime.RUNC
    assert files_of(image(CONTAINERD, own=False), oci_runtime=runc) == {CONTAINERD: {}}
    mixed = files_of(*map(image, Runtime), oci_runtime=runc)
    assert mixed == {CONTAINERD: {}, CRIO: {}, DOCKER: {}, DOCKERSHIM: {}}


def test_crun_is_told_to_each_runtime_in_its_own_words() -> None:
    files = files_of(*map(image, (CONTAINERD, *Runtime)))
    ((path, content),) = files[CONTAINERD].items()
    assert path == "/etc/containerd/conf.d/10-oci-runtime.toml"
    cri = tomllib.loads(content.decode())["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri == {"containerd": {"default_runtime_name": "crun"}}
    ((path, content),) = files[CRIO].items()
    assert path == "/etc/crio/crio.conf.d/20-oci-runtime.conf"
    assert tomllib.loads(content.decode()) == {"crio": {"runtime": {"default_runtime": "crun"}}}
    for one in (DOCKER, DOCKERSHIM):
        assert files[one] == {"/etc/default/docker": b"DOCKER_OPTS=--default-runtime=crun\n"}


def test_the_only_node_has_a_cni_beside_its_oci_runtime() -> None:
    (files,) = files_of(image(CRIO)).values()
    assert files.keys() == {STATIC_CNI, "/etc/crio/crio.conf.d/20-oci-runtime.conf"}


def test_what_is_written_for_a_runtime_is_what_its_node_image_reads() -> None:
    """The other half of each agreement is in the node image."""
    node = FOLDER / "node"
    own = tomllib.loads((node / "cri-o/etc/crio/crio.conf.d/10-labctl.conf").read_text())
    assert own["crio"]["runtime"]["runtimes"].keys() == set(OciRuntime)
    unit = (node / "docker-engine/etc/systemd/system/docker.service").read_text()
    assert "EnvironmentFile=-/etc/default/docker\n" in unit
    assert " $DOCKER_OPTS\n" in unit
    assert '"runtimes": {"crun":' in (node / "docker-engine/etc/docker/daemon.json").read_text()
