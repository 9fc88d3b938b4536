"""Building a lab's images on the learner's engine, with the engine's own builder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from labctl.errors import ToolFailed
from labctl.image_names import qualified
from labctl.model import LAB_IMAGE, LABEL_IMAGE_OF, LABEL_KIND
from labctl.ops.ports import Progress, Runner

TIMEOUT: Final = 1800.0


def build_lab_image(
    lab: str,
    folder: Path,
    tag: str,
    *,
    runner: Runner,
    detail: Callable[[str], None],
) -> None:
    """Build one image; what did not change comes from the build cache.

    Raises:
        ToolFailed: with the builder's last lines.
    """
    # No provenance: an attestation makes the image an index that `docker save` may not save whole
    # (https://github.com/kubernetes-sigs/kind/issues/3795). The host's network, because a proxy for
    # packages may listen on the loopback interface.
    argv = ("docker", "buildx", "build", "--load", "--provenance=false", "--network=host")
    labels = (f"--label={LABEL_KIND}={LAB_IMAGE}", f"--label={LABEL_IMAGE_OF}={lab}")
    try:
        runner.run(
            (*argv, *labels, "--progress=plain", "--tag", qualified(tag), str(folder)),
            timeout=TIMEOUT,
            on_line=detail,
        )
    except ToolFailed as err:
        raise ToolFailed(
            f"Image '{tag}' could not be built: {err.message}",
            argv=err.argv,
            details=err.details,
            hint=err.hint,
        ) from err


def build_lab_images(
    lab: str, images: Sequence[tuple[Path, str]], *, runner: Runner, progress: Progress
) -> None:
    """Build a lab's images: pairs of a folder with a Dockerfile, and a tag."""
    for folder, tag in images:
        with progress.phase(f"Build image '{tag}'"):
            build_lab_image(lab, folder, tag, runner=runner, detail=progress.detail)
