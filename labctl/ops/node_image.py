"""Which node image a cluster runs, and where it comes from: the engine, a registry, or a build."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from packaging.version import Version

from labctl.errors import PrerequisiteMissing, ToolFailed
from labctl.model import (
    LABEL_KIND,
    LABEL_KUBERNETES,
    LABEL_RUNTIME,
    ImageInfo,
    NodeImage,
    OciRuntime,
    Runtime,
)
from labctl.nodeimage import versions
from labctl.nodeimage.recipe import LABEL_VERSION, image_tag
from labctl.ops.ports import Progress, Runner

PULL: Final = 1800.0
_MINOR: Final = re.compile(r"v?(1\.\d+)")


class Engine(Protocol):
    """The engine, as far as it is asked here."""

    def image(self, reference: str) -> ImageInfo | None: ...  # noqa: D102
    def images(self, label: str) -> tuple[ImageInfo, ...]: ...  # noqa: D102
    def registry_has(self, reference: str) -> bool: ...  # noqa: D102


def full_version(asked: str | None, runtime: Runtime, engine: Engine) -> str:
    """What `--kubernetes` means: of a minor, the newest patch that is pinned or already here.

    Raises:
        UsageError: not a version that labctl can make.
    """
    file = versions.load()
    minor = _MINOR.fullmatch(asked or file.default)
    if minor is None:
        return versions.resolve(asked, file).kubernetes
    here = [
        image.labels[LABEL_KUBERNETES]
        for image in engine.images(f"{LABEL_KIND}=node-image")
        if image_tag(image.labels.get(LABEL_KUBERNETES, ""), runtime) in image.tags
    ]
    of_minor = [one for one in (*here, *versions.known(file)) if one.startswith(f"{minor[1]}.")]
    return max(of_minor, key=Version) if of_minor else versions.resolve(asked, file).kubernetes


def ensure(
    asked: str | None,
    runtimes: Sequence[Runtime],
    oci_runtime: OciRuntime,
    *,
    engine: Engine,
    runner: Runner,
    build: Callable[[str, Runtime], None],
    pull: bool,
    progress: Progress,
) -> dict[Runtime, NodeImage]:
    """An image of one version for each runtime: what is here, else pulled, else built.

    Args:
        asked: a minor, a full version, or None for the default.
        runtimes: each once.
        oci_runtime: what the images must be able to start containers with.
        engine: where images are.
        runner: starts `docker pull`.
        build: builds the image of a full version.
        pull: whether a registry may be asked.
        progress: where long work tells how far it is.

    Raises:
        UsageError: the version does not go with one of the runtimes; nothing was built.
        PrerequisiteMissing: an image of that name is here that can't be what it is called.
    """
    file = versions.load()
    version = full_version(asked, runtimes[0], engine)
    of = dict.fromkeys(runtimes, version)
    if Runtime.DOCKERSHIM in runtimes:
        of = versions.history(file)
    own = {one: NodeImage(image_tag(of[one], one), of[one], one, own=True) for one in runtimes}
    missing = [one for one, image in own.items() if not _here(image, oci_runtime, engine)]
    for runtime in missing:
        versions.check_pair(versions.resolve(of[runtime], file), runtime, file)
    # A published image has containerd and runc, and a CNI that needs an image of its own.
    if (
        missing == list(runtimes) == [Runtime.CONTAINERD]
        and oci_runtime is OciRuntime.RUNC
        and pull
    ):
        published = NodeImage(f"kindest/node:v{version}", version, Runtime.CONTAINERD, own=False)
        if _published(published.tag, engine, runner, progress):
            return {Runtime.CONTAINERD: published}
    for runtime in missing:
        build(of[runtime], runtime)
    return own


def _here(image: NodeImage, oci_runtime: OciRuntime, engine: Engine) -> bool:
    found = engine.image(image.tag)
    if found is None:
        return False
    runtime = found.labels.get(LABEL_RUNTIME, "nothing that labctl knows")
    again = f"labctl node-image build --kubernetes {image.kubernetes} --runtime {image.runtime}"
    if runtime != image.runtime:
        raise PrerequisiteMissing(
            f"Node image '{image.tag}' was built for {runtime}, not for {image.runtime}.",
            hint=f"Build the right one: {again} --force",
        )
    if oci_runtime is not OciRuntime.RUNC and f"{LABEL_VERSION}{oci_runtime}" not in found.labels:
        raise PrerequisiteMissing(
            f"Node image '{image.tag}' has no {oci_runtime}: it is from an older labctl.",
            hint=f"Build it again: {again}",
        )
    return True


def _published(tag: str, engine: Engine, runner: Runner, progress: Progress) -> bool:
    """Whether a published image is in the engine now; False where it can't be had."""
    if engine.image(tag):
        return True
    if not engine.registry_has(tag):
        return False
    with progress.phase(f"Pull {tag}"):
        pulled = _pulled(("docker", "pull", tag), runner, progress)
    if not pulled:
        progress.note(f"'{tag}' could not be pulled; building the image instead.")
    return pulled


def _pulled(argv: Sequence[str], runner: Runner, progress: Progress) -> bool:
    """False where a registry has the image and does not give it: a rate limit, a cut line."""
    try:
        runner.run(argv, timeout=PULL, on_line=progress.detail)
    except ToolFailed:
        return False
    return True
