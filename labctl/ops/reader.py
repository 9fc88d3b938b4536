"""The service account that checks look at a cluster with: it can read, and nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from labctl.errors import KubeNotFound
from labctl.resource import Resource

ACCOUNT: Final = "labctl-checks"
NAMESPACE: Final = "kube-system"
# Named one by one: "*" would hold pods/exec and nodes/proxy, where a GET changes things.
CORE: Final = (
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "pods/log",
    "pods/status",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
)
GROUPS: Final = (
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
)


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def apply(  # noqa: D102
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]: ...

    def create_token(self, service_account: str, namespace: str) -> str: ...  # noqa: D102

    def kubeconfig_with(self, token: str) -> str: ...  # noqa: D102


def reader_kubeconfig(kube: Kube) -> str:
    """A kubeconfig, as text, that can only read; its account is made where it is not there."""
    try:
        token = kube.create_token(ACCOUNT, NAMESPACE)
    except KubeNotFound:
        kube.apply(account())
        token = kube.create_token(ACCOUNT, NAMESPACE)
    return kube.kubeconfig_with(token)


def account() -> tuple[dict[str, Any], ...]:
    """The manifests of the account and what it may do. The account is last: it stands for all."""
    verbs = ["get", "list", "watch"]
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": ACCOUNT, "labels": {"app.kubernetes.io/managed-by": "labctl"}}
    role = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": [
            {"apiGroups": [""], "resources": list(CORE), "verbs": verbs},
            {"apiGroups": list(GROUPS), "resources": ["*"], "verbs": verbs},
        ],
    }
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": ACCOUNT},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    }
    metadata = {**metadata, "namespace": NAMESPACE}
    return role, binding, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
