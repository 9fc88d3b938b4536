"""The account that a stranger's manifests are applied with: the lab's namespace, and plain Pods."""

from typing import Any, Final, Protocol

from labctl.ops import reader, scene

ACCOUNT: Final = "labctl-work"
LEVEL: Final = "pod-security.kubernetes.io/enforce"
"""https://kubernetes.io/docs/concepts/security/pod-security-standards/"""


class Kube(reader.Kube, scene.Kube, Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""


def work_kubeconfig(kube: Kube, namespace: str) -> str:
    """A kubeconfig, as text, that can change the namespace's own objects and nothing else.

    A privileged Pod would be root on the node, and the node's container is privileged itself: so the
    namespace takes no such Pods.
    """
    found = kube.get("v1", "Namespace", namespace)
    # All that it has is said again: what an apply leaves out goes.
    labels = {**found.labels, LEVEL: "baseline"}
    annotations = dict(found.at("metadata.annotations") or {})
    metadata = {"name": namespace, "labels": labels, "annotations": annotations}
    kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    kube.apply(account(namespace))
    return kube.kubeconfig_with(kube.create_token(ACCOUNT, reader.NAMESPACE))


def account(namespace: str) -> tuple[dict[str, Any], ...]:
    """The account, and the role `edit` in one namespace."""
    labels = {"app.kubernetes.io/managed-by": "labctl"}
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": reader.NAMESPACE}
    group = "rbac.authorization.k8s.io"
    return (
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": reader.NAMESPACE, "labels": labels},
        },
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": ACCOUNT, "namespace": namespace, "labels": labels},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "edit"},
            "subjects": [subject],
        },
    )
