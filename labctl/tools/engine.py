"""The Docker Engine on the learner's machine, through the docker SDK. Its types stay in here."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import KIND_CLUSTER, KIND_ROLE, EngineInfo, ImageInfo, Node

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
        with _errors("reach the Docker Engine"):
            return self._client.api

    def info(self) -> EngineInfo:
        """Version, store and size of the engine; PrerequisiteMissing when it does not answer."""
        with _errors("ask the Docker Engine"):
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
        with _errors("list the engine's networks"):
            networks = self.api.networks()
        return {
            network["Name"]: tuple(
                part["Subnet"] for part in network["IPAM"].get("Config") or () if "Subnet" in part
            )
            for network in networks
        }

    def nodes(self) -> tuple[Node, ...]:
        """All node containers of all kind clusters, running or not, sorted by name."""
        rows = self.containers(KIND_CLUSTER)
        nodes = (
            Node(
                name=row["Names"][0].lstrip("/"),
                role=row["Labels"].get(KIND_ROLE, ""),
                running=row["State"] == "running",
                state=row["State"],
                image=row["Image"],
                labels=row["Labels"],
            )
            for row in rows
        )
        return tuple(sorted(nodes, key=lambda node: node.name))

    def containers(self, label: str = "", *, image: str = "") -> list[dict[str, Any]]:
        """Containers by label and image, running or not, as GET /containers/json answers them."""
        filters = {"label": label} if label else {}
        if image:
            filters["ancestor"] = image
        with _errors("list containers"):
            rows: list[dict[str, Any]] = self.api.containers(all=True, filters=filters)
        return rows

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine knows of a container; ToolFailed when there is none."""
        with _errors(f"look at container '{container}'"):
            found: dict[str, Any] = self.api.inspect_container(container)
        return found

    def image(self, reference: str) -> ImageInfo | None:
        """The image by that name or id, or None."""
        from docker.errors import ImageNotFound  # noqa: PLC0415

        with _errors(f"look at image '{reference}'"):
            try:
                return _image(self.api.inspect_image(reference))
            except ImageNotFound:
                return None

    def images(self, label: str) -> tuple[ImageInfo, ...]:
        """The images that carry a label, `key` or `key=value`; with no label, all of them."""
        with _errors("list images"):
            rows = self.api.images(filters={"label": label} if label else {})
            return tuple(_image(self.api.inspect_image(row["Id"])) for row in rows)

    def save(self, references: Sequence[str], *, platform: str = "") -> Iterator[bytes]:
        """Images as a tar stream, as `docker save` writes it; `platform` like `linux/amd64`."""
        params: dict[str, Any] = {"names": list(references)}
        if platform:
            os, _, architecture = platform.partition("/")
            params["platform"] = f'{{"os":"{os}","architecture":"{architecture}"}}'
        with _errors(f"save {', '.join(references)}"):
            url = self.api._url("/images/get")
            answer = self.api._get(url, params=params, stream=True)
            self.api._raise_for_status(answer)
            with answer:
                yield from answer.iter_content(CHUNK)

    def load(self, stream: Iterable[bytes]) -> None:
        """Load a tar stream of images, as `docker load` does."""
        with _errors("load images"):
            for line in self.api.load_image(stream):
                if "error" in line:
                    raise ToolFailed(f"The Docker Engine refused an image: {line['error']}")

    def tag(self, reference: str, target: str) -> None:
        """Give an image one more name."""
        repository, _, tag = target.rpartition(":")
        with _errors(f"tag image '{reference}'"):
            self.api.tag(reference, repository, tag)

    def untag(self, reference: str) -> None:
        """Remove a name; an image without names goes. No such image is no error."""
        from docker.errors import ImageNotFound  # noqa: PLC0415

        with _errors(f"remove image '{reference}'"):
            try:
                self.api.remove_image(reference)
            except ImageNotFound:
                return

    def derive(
        self, image: str, target: str, *, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Make an image that is another one plus labels and files (absolute path -> content)."""
        with _errors(f"make image '{target}' from '{image}'"):
            made = self.api.create_container(image, command=["true"], labels=dict(labels))["Id"]
            try:
                if files:
                    self.api.put_archive(made, "/", _tar(files))
                repository, _, tag = target.rpartition(":")
                # A commit takes the container's command; the original's must stay.
                config = self.api.inspect_image(image)["Config"]
                kept = {key: config.get(key) for key in ("Cmd", "Entrypoint", "Env", "StopSignal")}
                self.api.commit(
                    made,
                    repository,
                    tag,
                    conf={**kept, "Labels": {**(config.get("Labels") or {}), **labels}},
                )
            finally:
                self.api.remove_container(made, v=True, force=True)

    def registry_has(self, reference: str) -> bool:
        """Whether the engine can reach a registry that has the image; asks for its manifest only."""
        from docker.errors import APIError  # noqa: PLC0415

        with _errors(f"ask the registry for '{reference}'"):
            try:
                self.api.inspect_distribution(reference)
            except APIError:
                return False
        return True

    def create_network(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Make a bridge network unless one of that name is there."""
        with _errors(f"make network '{name}'"):
            if not any(row["Name"] == name for row in self.api.networks(names=[name])):
                self.api.create_network(name, driver="bridge", labels=dict(labels))

    def start(self, container: str) -> None:
        """Start a stopped container."""
        with _errors(f"start container '{container}'"):
            self.api.start(container)

    def remove_containers(self, label: str) -> tuple[str, ...]:
        """Remove containers with a label and their anonymous volumes; answers their names."""
        from docker.errors import NotFound  # noqa: PLC0415

        removed = []
        for row in self.containers(label):
            with _errors(f"remove container '{row['Names'][0]}'"):
                try:
                    self.api.remove_container(row["Id"], v=True, force=True)
                except NotFound:
                    continue
                removed.append(row["Names"][0].lstrip("/"))
        return tuple(removed)

    def remove_network(self, name: str, *, label: str) -> bool:
        """Remove a network that has the label and no container on it; says whether it went."""
        with _errors(f"remove network '{name}'"):
            for network in self.api.networks(names=[name], filters={"label": label}):
                if not self.api.inspect_network(network["Id"]).get("Containers"):
                    self.api.remove_network(network["Id"])
                    return True
        return False


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _image(raw: dict[str, Any]) -> ImageInfo:
    created = raw.get("Created") or ""
    return ImageInfo(
        image_id=raw["Id"],
        tags=tuple(raw.get("RepoTags") or ()),
        diff_ids=tuple((raw.get("RootFS") or {}).get("Layers") or ()),
        os=raw.get("Os", ""),
        architecture=raw.get("Architecture", ""),
        size=int(raw.get("Size", 0)),
        created=datetime.fromisoformat(created) if created else None,
        labels=(raw.get("Config") or {}).get("Labels") or {},
    )


@contextmanager
def _errors(what: str) -> Iterator[None]:
    """Turn the SDK's errors into ours: no engine is exit 4, a refusal is exit 5."""
    import requests  # noqa: PLC0415
    from docker.errors import APIError, DockerException  # noqa: PLC0415

    try:
        yield
    except APIError as err:
        reason = err.explanation or str(err)
        raise ToolFailed(f"The Docker Engine could not {what}: {reason}") from err
    except (DockerException, requests.exceptions.RequestException, OSError) as err:
        if isinstance(err, PermissionError) or "Permission denied" in str(err):
            raise PrerequisiteMissing(
                "You may not talk to the Docker Engine.",
                hint="Run: sudo usermod -aG docker $USER, then log in again.",
            ) from err
        raise PrerequisiteMissing(
            "The Docker Engine does not answer.", hint="Run 'labctl setup' to install or start it."
        ) from err
