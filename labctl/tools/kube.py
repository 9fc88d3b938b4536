"""The API server of a cluster, as the rest of labctl sees it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import yaml

from labctl.errors import ApiUnreachable, KubeNotFound, ToolFailed
from labctl.resource import Resource, plain
from labctl.tools.kube_namespace import delete_namespace, gone
from labctl.tools.kube_rest import ApiRefused, Rest
from labctl.waiting import Clock, wait_until

FIELD_MANAGER: Final = "labctl"
DELETE_TIMEOUT: Final = 120.0
"""Seconds."""


class Kube:
    """One cluster, by a kubeconfig. Every method may raise ApiUnreachable."""

    def __init__(self, kubeconfig: Path, *, clock: Clock | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._clock = clock
        self._kinds: dict[str, Sequence[Mapping[str, Any]]] = {}

    @cached_property
    def _rest(self) -> Rest:
        return Rest(self._kubeconfig)

    def ready(self, *, timeout: float = 3.0) -> bool:
        """Whether the API server says that it can serve. Never raises for one that is away."""
        try:
            self._rest.request("GET", "/readyz", timeout=timeout)
        except (ApiUnreachable, ApiRefused):
            return False
        return True

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Resource:
        """One object; objects in a namespace are looked for in `default` unless told.

        Raises:
            KubeNotFound: with the names of its kind that are there.
        """
        try:
            return Resource(self._rest.json("GET", self._path(api_version, kind, namespace, name)))
        except KubeNotFound:
            there = [item.name for item in self.list(api_version, kind, namespace)]
            where = f" in namespace '{namespace}'" if namespace else ""
            seen = f"there are: {', '.join(there)}" if there else "there is none at all"
            message = f"There is no {kind} '{name}'{where}; {seen}."
            raise KubeNotFound(message, names=there) from None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        selector: str | Mapping[str, str] = "",
        *,
        all_namespaces: bool = False,
        field_selector: str = "",
    ) -> tuple[Resource, ...]:
        """The objects of a kind, in the API server's order (by name)."""
        if isinstance(selector, Mapping):
            selector = ",".join(f"{key}={value}" for key, value in selector.items())
        query = {"labelSelector": selector, "fieldSelector": field_selector}
        path = self._path(api_version, kind, namespace, all_namespaces=all_namespaces)
        found = self._rest.json("GET", path, query={k: v for k, v in query.items() if v})
        # Items of a list come without their kind.
        head = {"apiVersion": api_version, "kind": kind}
        return tuple(Resource({**head, **item}) for item in found.get("items") or ())

    def apply(
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]:
        """Server-side apply, in order, as field manager `labctl`; ours win over other managers.

        `namespace` is for the documents that have none and whose kind needs one.
        """
        return tuple(self._apply(document, namespace) for document in _flat(documents))

    def _apply(self, document: Mapping[str, Any], namespace: str | None) -> Resource:
        try:
            api_version, kind = str(document["apiVersion"]), str(document["kind"])
            metadata = dict(document["metadata"])
            name = str(metadata["name"])
        except (KeyError, TypeError) as err:
            raise ToolFailed(
                f"A manifest lacks apiVersion, kind or metadata.name: {json.dumps(document)[:120]}"
            ) from err
        if self._kind(api_version, kind)["namespaced"]:
            metadata.setdefault("namespace", namespace or "default")
        path = self._path(api_version, kind, metadata.get("namespace"), name)
        answer = self._rest.json(
            "PATCH",
            path,
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
            body={**plain(document), "metadata": metadata},
            content_type="application/apply-patch+yaml",
        )
        return Resource(answer)

    def patch(self, about: Resource, change: Mapping[str, Any]) -> Resource:
        """Merge a change into an object; what it does not name stays as it is."""
        path = self._path(about.api_version, about.kind, about.namespace or None, about.name)
        media = "application/merge-patch+json"
        return Resource(self._rest.json("PATCH", path, body=dict(change), content_type=media))

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        wait: bool = True,
    ) -> None:
        """Delete an object and what it owns; one that is not there is no error."""
        path = self._path(api_version, kind, namespace, name)
        try:
            answer = self._rest.json("DELETE", path, query={"propagationPolicy": "Background"})
        except KubeNotFound:
            return
        if wait:
            uid = answer.get("metadata", {}).get("uid")
            wait_until(
                lambda: gone(self._rest, path, uid),
                what=f"{kind} '{name}' to be gone",
                timeout=DELETE_TIMEOUT,
                clock=self._clock,
            )

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace with all that is in it, and wait until it is gone."""
        delete_namespace(self._rest, name, self._clock)

    def logs(
        self,
        pod: str,
        container: str,
        namespace: str,
        *,
        tail: int = 20,
        previous: bool = False,
    ) -> str:
        """The last lines of a container; empty where it has not run (or not run before)."""
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"
        query = {"container": container, "tailLines": str(tail)}
        if previous:
            query["previous"] = "true"
        try:
            return self._rest.request("GET", path, query=query).decode(errors="replace")
        except KubeNotFound:
            return ""
        except ApiRefused as err:
            if err.status == 400:  # waiting to start, or no previous container
                return ""
            raise

    def events(self, about: Resource) -> tuple[Resource, ...]:
        """What the cluster said about an object, oldest first."""
        found = self.list(
            "v1",
            "Event",
            about.namespace or "default",
            field_selector=f"involvedObject.uid={about.uid}",
        )
        return tuple(sorted(found, key=_seen_at))

    def get_raw(self, path: str) -> str:
        """The text behind a path such as `/healthz` or `/metrics`."""
        return self._rest.request("GET", path).decode(errors="replace")

    def create_token(self, service_account: str, namespace: str, *, seconds: int = 3600) -> str:
        """A token that lets its holder act as a service account for a while."""
        path = f"/api/v1/namespaces/{quote(namespace)}/serviceaccounts/{quote(service_account)}"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        return str(self._rest.json("POST", f"{path}/token", body=body)["status"]["token"])

    def kubeconfig_with(self, token: str) -> str:
        """A kubeconfig for the same cluster whose only credential is a token."""
        document = yaml.safe_load(self._kubeconfig.read_text(encoding="utf-8"))
        name = document["clusters"][0]["name"]
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": document["clusters"][:1],
                "users": [{"name": "token", "user": {"token": token}}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": "token"}}],
                "current-context": name,
            }
        )

    def _path(
        self,
        api_version: str,
        kind: str,
        namespace: str | None,
        name: str = "",
        *,
        all_namespaces: bool = False,
    ) -> str:
        resource = self._kind(api_version, kind)
        path = _root(api_version)
        if resource["namespaced"] and not all_namespaces:
            path += f"/namespaces/{quote(namespace or 'default')}"
        path += f"/{resource['name']}"
        return f"{path}/{quote(name)}" if name else path

    def _kind(self, api_version: str, kind: str) -> Mapping[str, Any]:
        """What the API server calls a kind. A kind that is new since the last look is found too."""
        for known in (True, False):
            if not known or api_version not in self._kinds:
                self._kinds[api_version] = self._discover(api_version)
            for resource in self._kinds[api_version]:
                if resource["kind"] == kind and "/" not in resource["name"]:
                    return resource
        kinds = sorted({str(resource["kind"]) for resource in self._kinds[api_version]})
        raise KubeNotFound(
            f"The API server knows no kind '{kind}' in '{api_version}'.", names=kinds
        )

    def _discover(self, api_version: str) -> Sequence[Mapping[str, Any]]:
        try:
            found: Sequence[Mapping[str, Any]] = self._rest.json("GET", _root(api_version))[
                "resources"
            ]
        except KubeNotFound:
            return ()
        return found


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _flat(documents: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for document in documents:
        if document.get("kind") == "List":
            yield from _flat(document.get("items") or ())
        else:
            yield document


def _seen_at(event: Resource) -> str:
    last = event.at("lastTimestamp") or event.at("eventTime")
    return str(last or event.at("metadata.creationTimestamp", ""))
