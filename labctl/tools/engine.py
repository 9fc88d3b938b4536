"""The Docker Engine on the learner's machine, through the docker SDK. Its types stay in here."""

import io
import re
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labctl.archive import Opened
from labctl.claim import CLAIM, SPARE, claimed
from labctl.errors import ToolFailed
from labctl.model import KIND_CLUSTER, KIND_ROLE, LABEL_LAB, EngineInfo, ImageInfo, Node
from labctl.tools.engine_layers import open_layers
from labctl.tools.engine_sdk import engine_errors, image_info, tar_of
from labctl.tools.freezer import STUCK, thaw

if TYPE_CHECKING:
    import docker

TIMEOUT: Final = 120
"""Seconds for one answer of the engine."""
CHUNK: Final = 1 << 20
"""Bytes of an image stream that are held at once."""


class DockerEngine:
    """The engine that DOCKER_HOST or the current docker context names, as the docker CLI does."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    @cached_property
    def _client(self) -> "docker.DockerClient":
        import docker  # noqa: PLC0415 - 0.2 s that `labctl --help` need not pay

        if self._environ.get("DOCKER_HOST"):
            return docker.from_env(environment=self._environ, timeout=TIMEOUT)
        context = docker.ContextAPI.get_current_context()
        host = getattr(context, "Host", None)
        return docker.DockerClient(base_url=host, timeout=TIMEOUT)

    @property
    def api(self) -> Any:
        """The low-level client, made on first use.

        Raises:
            PrerequisiteMissing: no engine answers.
        """
        with engine_errors("reach the Docker Engine"):
            return self._client.api

    def info(self) -> EngineInfo:
        """Version, store and size of the engine; PrerequisiteMissing when it does not answer."""
        with engine_errors("ask the Docker Engine"):
            info = self._client.info()
            version = self._client.version()
        status = dict(info.get("DriverStatus") or [])
        return EngineInfo(
            version=info["ServerVersion"],
            api_version=version["ApiVersion"],
            storage_driver=info["Driver"],
            containerd_store=status.get("driver-type", "").startswith("io.containerd.snapshotter"),
            cgroup_version=str(info.get("CgroupVersion", "1")),
            cpus=int(info["NCPU"]),
            memory=int(info["MemTotal"]),
            data_root=Path(info["DockerRootDir"]),
            architecture=version["Arch"],
        )

    def subnets(self) -> dict[str, tuple[str, ...]]:
        """The subnets of each of the engine's networks, by name."""
        with engine_errors("list the engine's networks"):
            networks = self.api.networks()
        return {
            network["Name"]: tuple(
                part["Subnet"] for part in network["IPAM"].get("Config") or () if "Subnet" in part
            )
            for network in networks
        }

    def nodes(self) -> tuple[Node, ...]:
        """All node containers of all kind clusters, running or not, sorted by name.

        Spare ones that were taken have the labels of the lab that they were taken for.
        """
        nodes = (self._node(row) for row in self.containers(KIND_CLUSTER))
        return tuple(sorted(nodes, key=lambda node: node.name))

    def _node(self, row: Mapping[str, Any]) -> Node:
        name, labels = row["Names"][0].lstrip("/"), row["Labels"]
        if labels.get(LABEL_LAB) == SPARE:
            labels = claimed(labels, self.get_file(name, CLAIM))
        running = row["State"] == "running"
        role = labels.get(KIND_ROLE, "")
        return Node(name, role, running, row["State"], row["Image"], labels)

    def containers(self, label: str = "", *, image: str = "") -> list[dict[str, Any]]:
        """Containers by label and image, running or not, as GET /containers/json answers them."""
        filters = {"label": label} if label else {}
        if image:
            filters["ancestor"] = image
        with engine_errors("list containers"):
            rows: list[dict[str, Any]] = self.api.containers(all=True, filters=filters)
        return rows

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine knows of a container; ToolFailed when there is none."""
        with engine_errors(f"look at container '{container}'"):
            found: dict[str, Any] = self.api.inspect_container(container)
        return found

    def image(self, reference: str) -> ImageInfo | None:
        """The image by that name or id, or None."""
        from docker.errors import ImageNotFound  # noqa: PLC0415

        with engine_errors(f"look at image '{reference}'"):
            try:
                return image_info(self.api.inspect_image(reference))
            except ImageNotFound:
                return None

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        """The images that carry a label, `key` or `key=value`; with no label, all of them."""
        with engine_errors("list images"):
            rows = self.api.images(filters={"label": label} if label else {})
            return tuple(image_info(self.api.inspect_image(row["Id"])) for row in rows)

    def save(self, references: Sequence[str], *, platform: str = "") -> Iterator[bytes]:
        """Images as a tar stream, as `docker save` writes it; `platform` like `linux/amd64`."""
        params: dict[str, Any] = {"names": list(references)}
        if platform:
            os, _, architecture = platform.partition("/")
            params["platform"] = f'{{"os":"{os}","architecture":"{architecture}"}}'
        with engine_errors(f"save {', '.join(references)}"):
            url = self.api._url("/images/get")
            answer = self.api._get(url, params=params, stream=True)
            self.api._raise_for_status(answer)
            with answer:
                yield from answer.iter_content(CHUNK)

    def open_layers(self, image: ImageInfo, wanted: Collection[str]) -> Opened:
        """Some of an image's layers from the engine's own store, see labctl.tools.engine_layers."""
        return open_layers(self.api, self.info().data_root, image, wanted)

    def load(self, stream: Iterable[bytes]) -> None:
        """Load a tar stream of images, as `docker load` does."""
        with engine_errors("load images"):
            for line in self.api.load_image(stream):
                if "error" in line:
                    raise ToolFailed(f"The Docker Engine refused an image: {line['error']}")

    def untag(self, reference: str) -> bool:
        """Remove a name, and the image with its last one; False where a container needs it.

        No such image is success.
        """
        from docker.errors import APIError, ImageNotFound  # noqa: PLC0415

        with engine_errors(f"remove image '{reference}'"):
            try:
                self.api.remove_image(reference)
            except ImageNotFound:
                return True
            except APIError as err:
                if err.status_code == HTTPStatus.CONFLICT:
                    return False
                raise
        return True

    def derive(
        self, image: str, target: str, *, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Make an image that is another one plus labels and files (absolute path -> content)."""
        with engine_errors(f"make image '{target}' from '{image}'"):
            made = self.api.create_container(image, command=["true"], labels=dict(labels))["Id"]
            try:
                if files:
                    self.api.put_archive(made, "/", tar_of(files))
                self.commit(made, image, target, labels)
            finally:
                self.api.remove_container(made, v=True, force=True)

    def commit(self, container: str, image: str, target: str, labels: Mapping[str, str]) -> None:
        """Make an image of a container; all that `image` says but for more labels stays."""
        with engine_errors(f"make image '{target}'"):
            repository, _, tag = target.rpartition(":")
            # A commit takes the container's command; the original's must stay.
            config = self.api.inspect_image(image)["Config"]
            kept = {key: config.get(key) for key in ("Cmd", "Entrypoint", "Env", "StopSignal")}
            conf = {**kept, "Labels": {**(config.get("Labels") or {}), **labels}}
            self.api.commit(container, repository, tag, conf=conf)

    def registry_has(self, reference: str) -> bool:
        """Whether the engine can reach a registry that has the image; asks for its manifest only."""
        from docker.errors import APIError  # noqa: PLC0415

        with engine_errors(f"ask the registry for '{reference}'"):
            try:
                self.api.inspect_distribution(reference)
            except APIError:
                return False
        return True

    def create_network(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Make a bridge network unless one of that name is there."""
        from docker.errors import APIError  # noqa: PLC0415

        with engine_errors(f"make network '{name}'"):
            if any(row["Name"] == name for row in self.api.networks(names=[name])):
                return
            try:
                self.api.create_network(name, driver="bridge", labels=dict(labels))
            except APIError as err:  # another labctl was quicker
                if err.status_code != HTTPStatus.CONFLICT:
                    raise

    def put_file(self, container: str, path: str, content: bytes) -> None:
        """Write a file in a container, running or not; its folder must be there."""
        with engine_errors(f"write '{path}' in container '{container}'"):
            self.api.put_archive(container, "/", tar_of({path: content}))

    def get_file(self, container: str, path: str) -> bytes | None:
        """A file's content in a container, running or not; None when there is none."""
        from docker.errors import NotFound  # noqa: PLC0415

        with engine_errors(f"read '{path}' in container '{container}'"):
            try:
                chunks, _ = self.api.get_archive(container, path)
            except NotFound:
                return None
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                member = archive.extractfile(archive.getmembers()[0])
                return member.read() if member else None

    def started_at(self, container: str) -> datetime:
        """When a container was last started."""
        # The engine counts nanoseconds, Python does not.
        text = re.sub(r"(\.\d{6})\d*", r"\1", self.inspect(container)["State"]["StartedAt"])
        return datetime.fromisoformat(text)

    def start(self, container: str) -> None:
        """Start a stopped container, or go on with a paused one."""
        with engine_errors(f"start container '{container}'"):
            if self.inspect(container)["State"]["Paused"]:
                self.api.unpause(container)
            else:
                self.api.start(container)

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container."""
        with engine_errors(f"pause container '{container}'"):
            self.api.pause(container)

    def remove_containers(self, label: str, *, without: str = "") -> tuple[str, ...]:
        """Remove containers with a label and their anonymous volumes; answers their names.

        Those that also have the label `without` stay.
        """
        rows = [
            row for row in self.containers(label) if not without or without not in row["Labels"]
        ]
        # Each takes the engine a second or two, mostly to wait for the kernel.
        with ThreadPoolExecutor(max_workers=8) as pool:
            removed = tuple(pool.map(self._remove, [row["Id"] for row in rows]))
        names = (row["Names"][0].lstrip("/") for row in rows)
        return tuple(name for name, gone in zip(names, removed, strict=True) if gone)

    def _remove(self, container: str) -> bool:
        from docker.errors import APIError, NotFound  # noqa: PLC0415

        with engine_errors(f"remove container '{container[:12]}'"):
            try:
                self.api.remove_container(container, v=True, force=True)
            except NotFound:
                return False
            except APIError as err:
                if STUCK not in str(err) or not thaw(container):
                    raise
                self.api.remove_container(container, v=True, force=True)
        return True

    def remove_network(self, name: str, *, label: str) -> bool:
        """Remove a network that has the label and no container on it; says whether it went."""
        with engine_errors(f"remove network '{name}'"):
            for network in self.api.networks(names=[name], filters={"label": label}):
                if not self.api.inspect_network(network["Id"]).get("Containers"):
                    self.api.remove_network(network["Id"])
                    return True
        return False
