"""The files that a cluster's node images get beside what is in every node image. Pure."""

from collections.abc import Mapping
from typing import Final

from labctl.model import ClusterSpec, NodeImage, OciRuntime, Runtime
from labctl.nodeimage import restore_files, static_cni
from labctl.ops.kind_config import uses_static_cni

STATIC_CNI: Final = "/etc/cni/net.d/10-labctl.conflist"

# How each runtime is told which OCI runtime to start containers with, where none is chosen.
_DEFAULT_OCI_RUNTIME: Final[Mapping[Runtime, tuple[str, str]]] = {
    Runtime.CONTAINERD: (
        "/etc/containerd/conf.d/10-oci-runtime.toml",
        'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n'
        'default_runtime_name = "{}"\n',
    ),
    Runtime.CRIO: (
        "/etc/crio/crio.conf.d/20-oci-runtime.conf",
        '[crio.runtime]\ndefault_runtime = "{}"\n',
    ),
    Runtime.DOCKER: ("/etc/default/docker", "DOCKER_OPTS=--default-runtime={}\n"),
    Runtime.DOCKERSHIM: ("/etc/default/docker", "DOCKER_OPTS=--default-runtime={}\n"),
}


# CRI-O empties its store when it was not shut down in order, and a node seldom is: the engine gives it
# ten seconds. What was loaded is to be there after a restart.
_KEEPS_IMAGES: Final = (
    "/etc/crio/crio.conf.d/30-labctl.conf",
    '[crio]\nclean_shutdown_file = ""\n',
)


def node_files(spec: ClusterSpec, image: NodeImage) -> dict[str, bytes]:
    """Content by absolute path, for the nodes of a cluster that run this image."""
    files = restore_files() if image.own else {}
    if image.runtime is Runtime.CRIO:
        path, text = _KEEPS_IMAGES
        files[path] = text.encode()
    if uses_static_cni(spec):
        files[STATIC_CNI] = static_cni()
    # runc is what every node image starts with.
    if spec.oci_runtime is not OciRuntime.RUNC:
        path, text = _DEFAULT_OCI_RUNTIME[image.runtime]
        files[path] = text.format(spec.oci_runtime).encode()
    return files
