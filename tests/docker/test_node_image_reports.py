"""versions.yaml beside what the node images that were built from it report."""

import re
import subprocess

import pytest

from labctl.model import Runtime
from labctl.nodeimage import recipe, versions
from labctl.tools.engine import DockerEngine
from tests.pairs import node_images

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

FILE = versions.load()
CLAIMS = """
kubelet --version; kubeadm version -o short
containerd --version; crio --version; cri-dockerd --version; crictl --version
runc --version; crun --version
cat /kind/labctl/images
"""


@pytest.mark.parametrize(
    ("release", "runtime"), [pytest.param(*one, id=f"{one[0]}-{one[1]}") for one in node_images()]
)
def test_an_image_reports_what_the_file_says(
    release: str, runtime: Runtime, engine: DockerEngine
) -> None:
    tag = recipe.image_tag(release, runtime)
    if engine.image(tag) is None:
        pytest.skip(f"{tag} was not built: labctl node-image build")
    argv = ["docker", "run", "--rm", "--network=none", "--entrypoint=sh", tag, "-c", CLAIMS]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    pins = versions.resolve(release, FILE)
    of = pins.components
    control_plane = of.control_plane or release
    assert f"Kubernetes v{release}" in said
    assert f"crictl version v{of.crictl}" in said
    assert f"kube-apiserver:v{control_plane}\n" in said
    assert f"/pause:{of.pause}\n" in said
    assert re.search(rf"/etcd:{re.escape(of.etcd)}-\d+\n", said)
    assert f"/coredns:v{of.coredns}\n" in said
    assert re.search(r"^runc version 1\.", said, re.MULTILINE)
    assert re.search(r"^crun version 1\.", said, re.MULTILINE)
    words = {
        Runtime.CONTAINERD: f"containerd/v2 v{of.containerd}",
        Runtime.CRIO: f"crio version {of.cri_o}",
        Runtime.DOCKER: f"cri-dockerd {of.cri_dockerd}-labctl",
    }
    # A node has the runtime that it runs and no other.
    assert {one for one, word in words.items() if word in said} == {runtime} & words.keys()
    others = [re.split(r"[/ ]", word)[0] for one, word in words.items() if one is not runtime]
    if runtime not in (Runtime.DOCKER, Runtime.DOCKERSHIM):  # dockerd runs a containerd of its own
        assert not [name for name in others if re.search(rf"^{name}\b.*version", said, re.M)]
