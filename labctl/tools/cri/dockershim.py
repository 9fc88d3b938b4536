"""A historic node: its kubelet talks to the Docker Engine itself, and nothing else speaks its CRI."""

import json
from collections.abc import Collection
from typing import Any

from labctl.errors import ToolFailed
from labctl.image_names import digest, qualified
from labctl.model import Runtime
from labctl.tools.cri import processes
from labctl.tools.cri.docker import Docker
from labctl.trace import Cri, Running

_POD = "io.kubernetes.pod"


class Dockershim(Docker):
    """The node's engine is asked what crictl can't: dockershim's CRI is v1alpha2, which is gone."""

    def images(self) -> dict[str, str]:
        """The config digest of each named image, by full name."""
        rows = self.ask("docker", "image", "list", "--no-trunc", "--format", "json").splitlines()
        images = [json.loads(row) for row in rows]
        return {
            qualified(f"{image['Repository']}:{image['Tag']}"): digest(image["ID"])
            for image in images
            if "<none>" not in (image["Repository"], image["Tag"])
        }

    def cri(self) -> Cri:
        """The kubelet's own adapter, by the kubelet's version."""
        kubelet = self.ask("kubelet", "--version").split()[-1].removeprefix("v")
        engine = self.ask("docker", "version", "--format", "{{.Server.Version}}").strip()
        version = f"{kubelet} (Docker Engine {engine})"
        return Cri(Runtime.DOCKERSHIM, version, "in the kubelet's process")

    def running(self, *, digests: Collection[str], ids: Collection[str]) -> tuple[Running, ...]:
        """The containers of Pods that run an image, without the Pods' sandboxes."""
        label = f"label={_POD}.name"
        names = self.ask("docker", "ps", "--quiet", "--no-trunc", "--filter", label).split()
        found = []
        for row in filter(None, map(self._inspected, names)):
            labels = row["Config"]["Labels"]
            if labels["io.kubernetes.docker.type"] == "podsandbox":
                continue
            if row["Image"] in digests or row["Id"] in ids:
                pod = f"{labels[f'{_POD}.namespace']}/{labels[f'{_POD}.name']}"
                name = labels["io.kubernetes.container.name"]
                started = processes.started(self.ask, row["State"]["Pid"], row["Id"])
                found.append(Running(row["Id"], name, pod, row["Image"], started))
        return tuple(sorted(found, key=lambda one: (one.pod, one.name)))

    def _inspected(self, container: str) -> dict[str, Any] | None:
        try:
            row: dict[str, Any] = json.loads(self.ask("docker", "inspect", container))[0]
        except ToolFailed:  # it ended while we looked
            return None
        return row
