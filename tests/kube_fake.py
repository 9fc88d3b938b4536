"""An API server in memory; tests/contract/test_kube.py holds it to the real one's answers."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.errors import KubeNotFound
from labctl.resource import Resource

CLUSTER_WIDE = ("Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "RuntimeClass")

Key = tuple[str, str, str]


@dataclass
class FakeKube:
    """Objects by kind, namespace and name. `calls` are the changes, in order."""

    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    alive: bool = True
    seen: dict[str, list[Resource]] = field(default_factory=dict)
    """Events by the uid of what they are about."""
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    """Logs by Pod and container."""

    def ready(self) -> bool:
        return self.alive

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Resource:
        found = self.objects.get((kind, _place(kind, namespace), name))
        if found is None:
            names = [one.name for one in self.list(api_version, kind, namespace)]
            raise KubeNotFound(f"There is no {kind} '{name}'.", names=names)
        return Resource(found)

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
        *,
        all_namespaces: bool = False,
    ) -> tuple[Resource, ...]:
        if isinstance(selector, str):
            selector = dict(pair.split("=") for pair in selector.split(",") if pair)
        return tuple(
            one
            for key, raw in sorted(self.objects.items())
            for one in [Resource(raw)]
            if key[0] == kind
            and (all_namespaces or key[1] == _place(kind, namespace))
            and selector.items() <= one.labels.items()
        )

    def apply(
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]:
        return tuple(self._apply(document, namespace) for document in documents)

    def patch(self, about: Resource, change: Mapping[str, Any]) -> Resource:
        key = about.kind, _place(about.kind, about.namespace or None), about.name
        if key not in self.objects:
            raise KubeNotFound(f"There is no {about.kind} '{about.name}'.")
        self.objects[key] = _merged(self.objects[key], change)
        self.calls.append(f"patch {about.kind}/{about.name}")
        return Resource(self.objects[key])

    def _apply(self, document: Mapping[str, Any], namespace: str | None) -> Resource:
        kind, metadata = document["kind"], dict(document["metadata"])
        place = _place(kind, metadata.get("namespace") or namespace)
        if place:
            metadata["namespace"] = place
        metadata.setdefault("uid", uuid.uuid4().hex)
        raw = {**document, "metadata": metadata}
        self.objects[kind, place, metadata["name"]] = raw
        self.calls.append(f"apply {kind}/{metadata['name']}")
        if kind == "Namespace":
            account = {"apiVersion": "v1", "kind": "ServiceAccount"}
            name = metadata["name"]
            meta = {"name": "default", "namespace": name}
            self.objects["ServiceAccount", name, "default"] = {**account, "metadata": meta}
        return Resource(raw)

    def delete_namespace(self, name: str) -> None:
        self.calls.append(f"delete Namespace/{name}")
        self.objects = {
            key: raw
            for key, raw in self.objects.items()
            if key[1] != name and key != ("Namespace", "", name)
        }

    def logs(
        self, pod: str, container: str, namespace: str, *, tail: int = 20, previous: bool = False
    ) -> str:
        return self.said.get((pod, container), "")

    def events(self, about: Resource) -> tuple[Resource, ...]:
        return tuple(self.seen.get(about.uid, ()))

    def create_token(self, service_account: str, namespace: str) -> str:
        self.get("v1", "ServiceAccount", service_account, namespace)
        return "token"

    def kubeconfig_with(self, token: str) -> str:
        return f"kubeconfig with {token}"


def _place(kind: str, namespace: str | None) -> str:
    return "" if kind in CLUSTER_WIDE else namespace or "default"


def _merged(old: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7386, but for null."""
    new = dict(old)
    for key, value in change.items():
        before = old.get(key)
        merge = isinstance(before, Mapping) and isinstance(value, Mapping)
        new[key] = _merged(before or {}, value) if merge else value
    return new
