"""The scene: the starting state that a lab has in the cluster."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from labctl.catalog import Lab
from labctl.errors import KubeNotFound
from labctl.model import LABEL_LAB
from labctl.ops.scripts import Scripts
from labctl.resource import Resource
from labctl.waiting import Clock, Pending, wait_until

SET: Final = "dev.labctl/scene"
"""Annotation of the namespace, written last: a scene that was cut short is applied again."""
ACCOUNT_TIMEOUT: Final = 30.0


class Kube(Protocol):
    """The part of labctl.tools.kube.Kube that scenes need."""

    def get(  # noqa: D102
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Resource: ...

    def apply(  # noqa: D102
        self, documents: Iterable[Mapping[str, Any]], *, namespace: str | None = None
    ) -> tuple[Resource, ...]: ...

    def delete_namespace(self, name: str) -> None: ...  # noqa: D102


def apply_scene(lab: Lab, kube: Kube, scripts: Scripts, *, clock: Clock | None = None) -> bool:
    """Make the lab's namespace and its scene; False where that was done before.

    A scene that is there is left as it is: what the learner changed in it stays.
    """
    if _is_set(lab, kube):
        return False
    kube.apply([_namespace(lab, done=False)])
    # A Pod is refused as long as its namespace has no service account.
    wait_until(
        lambda: _account(lab, kube),
        what=f"namespace '{lab.namespace}' to have its service account",
        timeout=ACCOUNT_TIMEOUT,
        clock=clock,
    )
    kube.apply(lab.scene(), namespace=lab.namespace)
    _run_scripts(lab, scripts)
    kube.apply([_namespace(lab, done=True)])
    return True


def remove_scene(lab: Lab, kube: Kube, scripts: Scripts) -> None:
    """Bring the nodes to the start, and delete the lab's namespace with all that is in it.

    The scripts come first: a namespace does not go while a node of its Pods is away.
    """
    _run_scripts(lab, scripts)
    kube.delete_namespace(lab.namespace)


def _run_scripts(lab: Lab, scripts: Scripts) -> None:
    for script in lab.scene_scripts():
        scripts.run(script)


def _is_set(lab: Lab, kube: Kube) -> bool:
    try:
        namespace = kube.get("v1", "Namespace", lab.namespace)
    except KubeNotFound:
        return False
    annotations: Mapping[str, str] = namespace.at("metadata.annotations") or {}
    return annotations.get(SET) == lab.id


def _account(lab: Lab, kube: Kube) -> Resource | Pending:
    try:
        return kube.get("v1", "ServiceAccount", "default", lab.namespace)
    except KubeNotFound:
        return Pending("none yet")


def _namespace(lab: Lab, *, done: bool) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "labctl", LABEL_LAB: lab.id}
    metadata: dict[str, Any] = {"name": lab.namespace, "labels": labels}
    if done:
        metadata["annotations"] = {SET: lab.id}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
