"""What the docker SDK says, in our words: its values and its errors."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import ImageInfo


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of files, by absolute path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def image_info(raw: dict[str, Any]) -> ImageInfo:
    """An image as GET /images/NAME/json describes it."""
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
def engine_errors(what: str) -> Iterator[None]:
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
