"""What a check sees of the learner's Docker Engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import Final

from labctl import archive
from labctl.checks.ports import EngineReader
from labctl.checks.views import Recorder
from labctl.model import ImageInfo
from labctl.resource import Fields

MOST_FILE: Final = 1 << 20
"""Bytes of a file in a container."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class ContainerView:
    """A container of the learner's engine."""

    name: str
    image: str
    image_id: str
    state: str
    ports: tuple[int, ...]
    """Published ports of this machine."""
    labels: Mapping[str, str]


class EngineView:
    """The learner's Docker Engine."""

    def __init__(self, engine: EngineReader, recorder: Recorder) -> None:
        self._engine = engine
        self._recorder = recorder

    def image(self, reference: str) -> ImageInfo | None:
        """The image by that name or id, or None."""
        self._recorder.saw(f"docker image inspect {reference}")
        return self._engine.image(reference)

    def config_digest(self, reference: str) -> str | None:
        """The digest of the image's configuration, as a node's `id` has it; None without the image.

        An image's own id is that digest in only one of the engine's two stores.
        """
        self._recorder.saw(f"docker image save {reference} | tar -xOf - manifest.json")
        image = self._engine.image(reference)
        if image is None or not self._engine.info().containerd_store:
            return image.image_id if image else None
        platform = f"{image.os}/{image.architecture}"
        saved = self._engine.save([reference])
        return archive.find(saved, image_id=image.image_id, platform=platform).config

    def containers(self, *, image: str = "") -> tuple[ContainerView, ...]:
        """Containers, running or not; those of one image where it is given."""
        chosen = f" --filter ancestor={image}" if image else ""
        self._recorder.saw(f"docker ps --all{chosen}")
        return tuple(
            ContainerView(
                name=row["Names"][0].lstrip("/"),
                image=row["Image"],
                image_id=row["ImageID"],
                state=row["State"],
                ports=tuple(
                    sorted({p["PublicPort"] for p in row.get("Ports") or () if "PublicPort" in p})
                ),
                labels=row.get("Labels") or {},
            )
            for row in self._engine.containers(image=image)
        )

    def inspect(self, container: str) -> Fields | None:
        """All that the engine knows of a container, as `docker inspect` has it, or None."""
        self._recorder.saw(f"docker inspect {container}")
        found = self._engine.container(container)
        return None if found is None else Fields(found)

    def image_config(self, reference: str) -> Fields | None:
        """What an image says of its containers: `Env`, `Cmd`, `User`, `Labels`; or None."""
        self._recorder.saw(f"docker image inspect {reference}")
        found = self._engine.image_config(reference)
        return None if found is None else Fields(found)

    def file(self, container: str, path: str) -> bytes | None:
        """A file in a container, running or not, of at most 1 MiB; None where there is none."""
        self._recorder.saw(f"docker cp {container}:{path} .")
        return self._engine.small_file(container, path, MOST_FILE)

    def logs(self, container: str, *, tail: int = 50) -> str:
        """The last lines of a container; empty where there is none."""
        self._recorder.saw(f"docker logs {container}")
        return self._engine.logs(container, tail)

    def run(
        self,
        image: str,
        argv: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        cpus: str = "",
        timeout: float = 60.0,
    ) -> Answer:
        """Run an image once, without network, and throw the container away.

        Args:
            image: a name or id that the engine has.
            argv: in place of the image's command.
            env: variables on top of the image's.
            cpus: which processors it may use, as in `0` or `0,1`; all without it.
            timeout: seconds.

        Raises:
            LabInvalid: the check isn't declared with `probe=True`.
        """
        self._recorder.must_probe("engine.run starts a container")
        settings = "".join(f" -e {name}={value}" for name, value in (env or {}).items())
        pinned = f" --cpuset-cpus {cpus}" if cpus else ""
        self._recorder.saw(f"docker run --rm{pinned}{settings} {image} {join(argv)}".rstrip())
        return Answer(*self._engine.try_run(image, argv, env=env or {}, cpus=cpus, timeout=timeout))
