"""Volumes of the engine, containers that work on them, and node containers made from a record."""

import os
import shlex
import socket
from collections.abc import Mapping, Sequence
from errno import ENOSPC
from typing import Any, Final

from labctl.errors import ToolFailed, ToolTimeout
from labctl.model import CHECKPOINT, LABEL_CHECKPOINT, LABEL_KIND, NETWORK
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_sdk import engine_errors

API_PORT: Final = "6443/tcp"

# A full disk takes no line for the container's log: the exit code says it.
_FULL: Final = f"""trap 'code=$?
[ $code = 0 ] || [ "$(df --output=avail --block-size=1M / | tail -n 1)" -ge 4 ] || exit {ENOSPC}
exit $code' EXIT
"""


class EngineVolumes:
    """What checkpoints need of the engine beside containers and images."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    def volumes(self, label: str) -> dict[str, dict[str, str]]:
        """The labels of the volumes that carry a label, by the volumes' names."""
        with engine_errors("list volumes"):
            rows = self._engine.api.volumes(filters={"label": label})["Volumes"]
        return {row["Name"]: row["Labels"] or {} for row in rows or ()}

    def make_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Make a volume; one that is there by that name stays as it is."""
        with engine_errors(f"make volume '{name}'"):
            self._engine.api.create_volume(name, labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; none by that name is success."""
        from docker.errors import NotFound  # noqa: PLC0415 - it takes long

        with engine_errors(f"remove volume '{name}'"):
            try:
                self._engine.api.remove_volume(name)
            except NotFound:
                return

    def run(
        self,
        image: str,
        script: str,
        *,
        labels: Mapping[str, str],
        volumes: Mapping[str, str],
        volumes_from: str = "",
        environ: Mapping[str, str] | None = None,
        commit: str = "",
        timeout: float,
    ) -> str:
        """Run a shell script in a container of an image, without network; answers what it prints.

        Args:
            image: has a shell.
            script: its text.
            labels: of the container, which is gone in the end.
            volumes: where each is mounted, by name.
            volumes_from: a container whose volumes are mounted too.
            environ: variables for it.
            commit: the name of an image that is made of it when it has ended well.
            timeout: seconds.

        Raises:
            ToolFailed: with its last lines.
            ToolTimeout: it did not end in time.
        """
        import requests  # noqa: PLC0415 - it takes long

        api = self._engine.api
        with engine_errors("run a script on a volume"):
            made = api.create_container(
                image,
                # Not as the container's environment: an image made of it would have it, too.
                entrypoint=["sh", "-c", f"{_FULL}{_exports(environ or {})}{script}"],
                labels=dict(labels),
                host_config=api.create_host_config(
                    # Not what the image has at that place.
                    mounts=[
                        {
                            "Type": "volume",
                            "Source": name,
                            "Target": path,
                            "VolumeOptions": {"NoCopy": True},
                        }
                        for name, path in volumes.items()
                    ],
                    volumes_from=[volumes_from] if volumes_from else None,
                    network_mode="none",
                ),
            )["Id"]
            try:
                api.start(made)
                try:
                    code = api.wait(made, timeout=timeout)["StatusCode"]
                except requests.exceptions.RequestException as err:
                    # Over a unix socket the SDK's client has no ReadTimeout of its own.
                    if "timed out" not in str(err):
                        raise
                    raise ToolTimeout(f"A script in '{image}' took over {timeout:.0f} s.") from None
                printed = api.logs(made, stdout=True, stderr=bool(code)).decode(errors="replace")
                if commit and not code:
                    # A commit takes the container's labels, too: this one is the container's own.
                    own = {LABEL_KIND: CHECKPOINT, LABEL_CHECKPOINT: ""}
                    self._engine.commit(made, image, commit, own)
            finally:
                api.remove_container(made, v=True, force=True)
        if code:
            lines = printed.strip().splitlines()
            last = os.strerror(ENOSPC) if code == ENOSPC else lines[-1] if lines else ""
            raise ToolFailed(f"{last or f'it ended with {code}'}.", details=lines)
        return str(printed)

    def changes(self, container: str) -> dict[str, bool]:
        """What a container has outside its volumes otherwise than its image; False: it is gone."""
        removed = 2
        with engine_errors(f"look for changes in container '{container}'"):
            rows = self._engine.api.diff(container) or ()
        return {row["Path"]: row["Kind"] != removed for row in rows}

    def node_record(self, container: str) -> dict[str, Any]:
        """What it takes to make such a node container again: plain data."""
        found = self._engine.inspect(container)
        host = {key: value for key, value in found["HostConfig"].items() if value}
        for own in ("PortBindings", "ContainerIDFile", "Mounts"):
            host.pop(own, None)
        return {"environ": found["Config"]["Env"] or [], "host": host}

    def _entrypoint(self, image: str) -> list[str]:
        with engine_errors(f"look at image '{image}'"):
            return list(self._engine.api.inspect_image(image)["Config"]["Entrypoint"] or ())

    def make_node(
        self,
        name: str,
        image: str,
        record: Mapping[str, Any],
        *,
        entry: Sequence[str],
        labels: Mapping[str, str],
        published: bool,
    ) -> None:
        """Make a node container with an empty /var of its own; it is not started.

        `entry` is what it starts with, before what its image starts with. `published` says that its
        API server is to be reached from this machine; the port stays the same whenever the
        container is started again, as kind has it.
        """
        host = {
            **record["host"],
            "NetworkMode": NETWORK,
            "Mounts": [
                {"Type": "volume", "Target": "/var", "VolumeOptions": {"NoCopy": True}},
            ],
        }
        config: dict[str, Any] = {
            "Hostname": name,
            "Tty": True,
            "Image": image,
            "Labels": dict(labels),
            "Entrypoint": [*entry, *self._entrypoint(image)],
            "Env": list(record["environ"]),
            "HostConfig": host,
        }
        if published:
            config["ExposedPorts"] = {API_PORT: {}}
            host["PortBindings"] = {
                API_PORT: [{"HostIp": "127.0.0.1", "HostPort": str(_free_port())}]
            }
        with engine_errors(f"make container '{name}'"):
            self._engine.api.create_container_from_config(config, name)


def _exports(environ: Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
