"""The Docker Engine as checks see it: questions, and containers that are thrown away."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labctl.errors import ToolFailed, ToolTimeout
from labctl.model import CHECK_RUN, LABEL_KIND
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_sdk import engine_errors

MEMORY: Final = "512m"
PIDS: Final = 256
MOST_OUTPUT: Final = 1 << 20


class ChecksEngine(DockerEngine):
    """What checks ask beyond what labctl itself asks."""

    def container(self, name: str) -> dict[str, Any] | None:
        """All that the engine knows of a container; None where there is none."""
        from docker.errors import NotFound  # noqa: PLC0415

        with engine_errors(f"look at container '{name}'"):
            try:
                found: dict[str, Any] = self.api.inspect_container(name)
            except NotFound:
                return None
        return found

    def image_config(self, reference: str) -> dict[str, Any] | None:
        """What an image says of its own containers (Env, Cmd, User, ...); None without the image."""
        from docker.errors import ImageNotFound  # noqa: PLC0415

        with engine_errors(f"look at image '{reference}'"):
            try:
                found: dict[str, Any] = self.api.inspect_image(reference)["Config"]
            except ImageNotFound:
                return None
        return found

    def small_file(self, container: str, path: str, most: int) -> bytes | None:
        """A file in a container, running or not; None where there is none.

        Raises:
            ToolFailed: it has more than `most` bytes.
        """
        from docker.errors import NotFound  # noqa: PLC0415

        with engine_errors(f"read '{path}' in container '{container}'"):
            try:
                chunks, stat = self.api.get_archive(container, path)
            except NotFound:
                return None
            if stat["size"] > most:
                chunks.close()
                raise ToolFailed(
                    f"'{path}' in container '{container}' is larger than {most} bytes."
                )
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                member = archive.extractfile(archive.getmembers()[0])
                return member.read() if member else None

    def logs(self, container: str, tail: int) -> str:
        """The last lines of a container; empty where there is none."""
        from docker.errors import NotFound  # noqa: PLC0415

        with engine_errors(f"read the log of container '{container}'"):
            try:
                text = self.api.logs(container, tail=tail)
            except NotFound:
                return ""
        return bytes(text).decode(errors="replace")

    def try_run(
        self,
        image: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cpus: str,
        timeout: float,
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a container without network that is removed at once.

        Raises:
            ToolTimeout: it did not end in time.
            ToolFailed: it could not be started.
        """
        from requests.exceptions import ConnectionError, ReadTimeout  # noqa: A004, PLC0415

        with engine_errors(f"run image '{image}'"):
            host = self.api.create_host_config(
                network_mode="none", mem_limit=MEMORY, pids_limit=PIDS, cpuset_cpus=cpus or None
            )
            made = self.api.create_container(
                image,
                list(argv) or None,
                environment=dict(env),
                host_config=host,
                labels={LABEL_KIND: CHECK_RUN},
            )["Id"]
            try:
                self.api.start(made)
                ended = self.api.wait(made, timeout=timeout)
                out = bytes(self.api.logs(made, stdout=True, stderr=False, tail=10_000))
                err = bytes(self.api.logs(made, stdout=False, stderr=True, tail=10_000))
            except (ConnectionError, ReadTimeout) as problem:
                if "timed out" in str(problem).lower():
                    raise ToolTimeout(
                        f"A container of '{image}' did not end in {timeout:g} s."
                    ) from problem
                raise ToolFailed(f"A container of '{image}' could not be run.") from problem
            finally:
                self.api.remove_container(made, force=True, v=True)
        return int(ended["StatusCode"]), _text(out), _text(err)


def _text(content: bytes) -> str:
    return content[-MOST_OUTPUT:].decode(errors="replace")
