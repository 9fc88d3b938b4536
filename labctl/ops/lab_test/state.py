"""What a check or a lab could leave changed, in a form that two looks can be compared in."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from labctl.errors import KubeNotFound
from labctl.lab_digest import lab_digest
from labctl.resource import Resource, plain

KINDS: Final = (
    ("v1", "Namespace"),
    ("v1", "Node"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("node.k8s.io/v1", "RuntimeClass"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1", "StorageClass"),
)
"""What people make. What controllers make of it has an owner, and is left out."""


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that this needs."""

    def list(
        self, api_version: str, kind: str, *, all_namespaces: bool = False
    ) -> tuple[Resource, ...]:
        """The objects of a kind."""


def cluster_state(kube: Kube) -> dict[str, str]:
    """Every object by kind and name, with a digest of what its author wrote."""
    found: dict[str, str] = {}
    for api_version, kind in KINDS:
        try:
            objects = kube.list(api_version, kind, all_namespaces=True)
        except KubeNotFound:  # another release of Kubernetes
            continue
        for one in objects:
            if not one.at("metadata.ownerReferences"):
                where = f"{one.namespace}/" if one.namespace else ""
                found[f"{kind} {where}{one.name}"] = _digest(one)
    return found


def folder_state(folder: Path) -> dict[str, str]:
    """Every file of a learner's folder, and what it contains."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        f"file {path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def lab_state(folder: Path) -> dict[str, str]:
    """The lab's own files."""
    return {"the lab's own files": lab_digest(folder)}


def _node_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without the taints that say how the node is, or repeat that it is closed.

    https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-not-ready
    """
    taints = [
        one for one in spec.get("taints") or () if not one["key"].startswith("node.kubernetes.io/")
    ]
    return {**spec, "taints": taints}


def _digest(one: Resource) -> str:
    """Of the object without what the server and the controllers write."""
    raw: Mapping[str, Any] = plain(one)
    metadata = raw.get("metadata") or {}
    kept = {key: value for key, value in raw.items() if key not in ("status", "metadata")}
    if one.kind == "Node":  # the kubelet annotates it
        kept = {"spec": _node_spec(raw.get("spec") or {}), "labels": one.labels}
    else:
        kept["labels"] = metadata.get("labels")
        kept["annotations"] = metadata.get("annotations")
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()
