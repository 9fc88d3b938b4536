"""Which node image a cluster runs, and where it comes from: the engine, a registry, or a build."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from packaging.version import Version

from labctl.errors import ToolFailed
from labctl.model import LABEL_KIND, LABEL_KUBERNETES, ImageInfo, NodeImage, Runtime
from labctl.nodeimage import versions
from labctl.nodeimage.recipe import image_tag
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
    runtime: Runtime,
    *,
    engine: Engine,
    runner: Runner,
    build: Callable[[str], str],
    pull: bool,
    progress: Progress,
) -> NodeImage:
    """The image for a version: what is here, else pulled, else built.

    Args:
        asked: a minor, a full version, or None for the default.
        runtime: the CRI implementation.
        engine: where images are.
        runner: starts `docker pull`.
        build: builds the image of a full version; answers its tag.
        pull: whether a registry may be asked.
        progress: where long work tells how far it is.
    """
    version = full_version(asked, runtime, engine)
    own = NodeImage(image_tag(version, runtime), version, runtime, own=True)
    if engine.image(own.tag):
        return own
    published = NodeImage(f"kindest/node:v{version}", version, runtime, own=False)
    if pull and runtime is Runtime.CONTAINERD:
        if engine.image(published.tag):
            return published
        if engine.registry_has(published.tag):
            with progress.phase(f"Pull {published.tag}"):
                argv = ("docker", "pull", published.tag)
                pulled = _pulled(argv, runner, progress)
            if pulled:
                return published
            progress.note(f"'{published.tag}' could not be pulled; building the image instead.")
    build(version)
    return own


def _pulled(argv: Sequence[str], runner: Runner, progress: Progress) -> bool:
    """False where a registry has the image and does not give it: a rate limit, a cut line."""
    try:
        runner.run(argv, timeout=PULL, on_line=progress.detail)
    except ToolFailed:
        return False
    return True
