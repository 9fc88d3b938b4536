"""RuntimeClasses: a Pod names one to choose the OCI runtime that starts it."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from labctl.model import Cluster, OciRuntime, Runtime
from labctl.nodeimage.recipe import LABEL_VERSION


class Kube(Protocol):
    """The API server, as far as it is told something here."""

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> object: ...  # noqa: D102


def apply_runtime_classes(cluster: Cluster, kube: Kube) -> None:
    """Make a RuntimeClass for each OCI runtime that all of the cluster's nodes have.

    A handler is the runtime's own name for it: containerd's, CRI-O's and dockerd's are set up alike.
    """
    # The dockershim refused every handler.
    if Runtime.DOCKERSHIM not in cluster.runtimes:
        kube.apply(_document(one) for one in OciRuntime if _everywhere(one, cluster))


def _everywhere(oci_runtime: OciRuntime, cluster: Cluster) -> bool:
    """A published node image says nothing of its OCI runtimes, and has runc alone."""
    label = f"{LABEL_VERSION}{oci_runtime}"
    return oci_runtime is OciRuntime.RUNC or all(label in node.labels for node in cluster.nodes)


def _document(oci_runtime: OciRuntime) -> dict[str, Any]:
    return {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {
            "name": str(oci_runtime),
            "labels": {"app.kubernetes.io/managed-by": "labctl"},
        },
        "handler": str(oci_runtime),
    }
