"""The objects of a cluster, as far as readiness and the scene look at them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from labctl.errors import KubeNotFound
from labctl.resource import Resource
from tests.fakes import STARTED


@dataclass
class FakeObjects:
    """An API server's objects, by kind."""

    kinds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def list(
        self, api_version: str, kind: str, namespace: str | None = None
    ) -> tuple[Resource, ...]:
        if kind not in self.kinds:
            raise KubeNotFound(f"no {kind}", names=())
        return tuple(Resource({"kind": kind, **item}) for item in self.kinds[kind])

    def get_raw(self, path: str) -> str:
        """Kubelets answer."""
        assert path.endswith("/proxy/healthz")
        return "ok"

    @classmethod
    def ready(cls, *names: str) -> "FakeObjects":
        """What a ready cluster with these nodes answers, all of it said a minute after STARTED."""
        later = (STARTED + timedelta(minutes=1)).isoformat()
        ready = [{"type": "Ready", "status": "True"}]
        return cls(
            {
                "Node": [
                    {"metadata": {"name": name}, "status": {"conditions": ready}} for name in names
                ],
                "Lease": [
                    {"metadata": {"name": name}, "spec": {"renewTime": later}} for name in names
                ],
                "Deployment": [
                    {
                        "metadata": {"name": "coredns"},
                        "spec": {"replicas": 2, "selector": {"matchLabels": {"k8s-app": "dns"}}},
                    }
                ],
                "DaemonSet": [
                    {
                        "metadata": {"name": "kube-proxy"},
                        "spec": {"selector": {"matchLabels": {"k8s-app": "proxy"}}},
                    }
                ],
                "Pod": [
                    _pod("dns", names[0], later),
                    _pod("dns", names[0], later),
                    *(_pod("proxy", name, later) for name in names),
                ],
                "ServiceAccount": [{"metadata": {"name": "default"}}],
            }
        )


def _pod(app: str, node: str, since: str) -> dict[str, Any]:
    return {
        "metadata": {"name": app, "labels": {"k8s-app": app}},
        "spec": {"nodeName": node},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"state": {"running": {"startedAt": since}}}],
        },
    }
