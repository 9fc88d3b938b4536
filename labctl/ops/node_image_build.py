"""Build a node image, part by part.

The caller holds a lock around `build` and `ensure_lab_base`: two at once would
do the same work twice. Nothing breaks if they do, for a tag is set only when
its image is complete.
"""

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.errors import PrerequisiteMissing, ToolFailed, ToolTimeout
from labctl.model import LABEL_KIND, NodeImage, Runtime
from labctl.nodeimage import debian, recipe, versions
from labctl.nodeimage.buildlog import BuildLog, hint
from labctl.nodeimage.recipe import Part
from labctl.nodeimage.versions import Pins
from labctl.ops.ports import Engine, Progress, Runner

CA_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
PUBLISHED_BASE: Final = "debian:trixie-slim"


@dataclass(frozen=True, slots=True)
class Ports:
    """What building needs."""

    runner: Runner
    engine: Engine
    progress: Progress
    environ: Mapping[str, str]
    """Proxy settings and the place of the CA bundle are taken from here."""
    scratch: Path
    """A folder for temporary files, 150 MB at most."""


def build(
    kubernetes: str | None,
    ports: Ports,
    *,
    runtime: Runtime = Runtime.CONTAINERD,
    force: bool = False,
) -> NodeImage:
    """The node image for a Kubernetes version; built unless the same recipe has been.

    Raises:
        UsageError: no such version, or none with that runtime.
        PrerequisiteMissing: the engine or the means for a base image are not there.
        ToolFailed: a part could not be built; the message names it.
    """
    file = versions.load()
    pins = versions.resolve(kubernetes, file)
    versions.check_pair(pins, runtime, file)
    tag = recipe.image_tag(pins.kubernetes, runtime)
    image = NodeImage(tag, pins.kubernetes, runtime, own=True)
    before = ports.engine.image(tag)
    digest = recipe.recipe_digest(pins, runtime)
    if before and not force and before.labels.get(recipe.LABEL_RECIPE) == digest:
        ports.progress.note(f"Node image '{tag}' is up to date.")
        return image
    if not pins.pinned:
        ports.progress.note(
            f"Kubernetes {pins.kubernetes} is not pinned: it is built with the components of"
            f" {pins.components.release}, and its modules are checked against Go's database."
        )
    ensure_base(ports)
    with tempfile.TemporaryDirectory(dir=ports.scratch, prefix="labctl-node-") as folder:
        builder = _Builder(ports, pins, runtime, tag)
        for part in recipe.parts(runtime):
            builder.part(part)
        facts = builder.facts(Path(folder))
        builder.store(recipe.labels(pins, runtime, digest, facts))
    after = ports.engine.image(tag)
    if after is None:
        raise ToolFailed(
            f"The build ended, but the engine has no image '{tag}'.",
            hint="Another buildx builder is selected? Go back with: docker buildx use default",
        )
    if before and before.image_id != after.image_id:
        # The old one has lost its name. A cluster that still runs on it keeps it.
        with suppress(ToolFailed):
            ports.engine.untag(before.image_id)
    return image


def ensure_base(ports: Ports) -> None:
    """Make the Debian base image of everything that labctl builds, unless it is there.

    Raises:
        PrerequisiteMissing: neither mmdebstrap nor a registry is there.
        ToolFailed: Debian's packages could not be had.
    """
    if ports.engine.image(recipe.BASE):
        return
    with ports.progress.phase("Make the Debian base image"):
        if ports.runner.which("mmdebstrap"):
            _bootstrap(ports)
        else:
            _pull_base(ports)


def ensure_lab_base(ports: Ports) -> str:
    """The image that labs' Dockerfiles start from, Debian with Python; made unless it is there."""
    if ports.engine.image(recipe.PYTHON):
        return recipe.PYTHON
    ensure_base(ports)
    part = Part("python", "Make the labs' Python base image", 1200.0)
    pins = versions.resolve(None, versions.load())
    _Builder(ports, pins, Runtime.CONTAINERD, recipe.PYTHON).part(
        part, "--label", f"{LABEL_KIND}=base", "--tag", recipe.PYTHON
    )
    return recipe.PYTHON


def _bootstrap(ports: Ports) -> None:
    suite = versions.load().debian
    with tempfile.TemporaryDirectory(dir=ports.scratch, prefix="labctl-base-") as folder:
        tar = f"{folder}/base.tar"
        ports.progress.detail(f"Debian {suite}, the minimal set of packages")
        argv = [
            *("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"),
            *(f"--dpkgopt=path-exclude=/usr/share/{it}/*" for it in ("man", "locale", "info")),
            *(suite, tar, debian.mirror()),
        ]
        try:
            ports.runner.run(argv, timeout=900.0, on_line=ports.progress.detail)
        except ToolFailed as err:
            raise ToolFailed(
                f"The base image '{recipe.BASE}' could not be made: {err.message}",
                argv=argv,
                hint="Is the mirror reached, and is debian-archive-keyring installed?",
                details=err.details,
            ) from err
        ports.progress.detail("storing it")
        label, command = f"LABEL {LABEL_KIND}=base", 'CMD ["/bin/bash"]'
        ports.runner.run(
            ["docker", "import", "--change", label, "--change", command, tar, recipe.BASE],
            timeout=300.0,
        )


def _pull_base(ports: Ports) -> None:
    ports.progress.detail(f"pulling {PUBLISHED_BASE}")
    try:
        ports.runner.run(["docker", "pull", PUBLISHED_BASE], timeout=600.0)
    except ToolFailed as err:
        raise PrerequisiteMissing(
            f"There is nothing to make the base image from: 'mmdebstrap' is not installed, and"
            f" '{PUBLISHED_BASE}' could not be pulled.",
            hint="Run 'labctl setup', or install mmdebstrap and debian-archive-keyring.",
            details=err.details,
        ) from err
    ports.engine.derive(PUBLISHED_BASE, recipe.BASE, labels={LABEL_KIND: "base"}, files={})


class _Builder:
    """Runs the Dockerfile's stages for one image."""

    def __init__(self, ports: Ports, pins: Pins, runtime: Runtime, tag: str) -> None:
        self._ports = ports
        self._runtime = runtime
        self._tag = tag
        self._arguments = recipe.build_args(pins, runtime, ports.environ)
        self._ca_bundle = _ca_bundle(ports.environ)

    def part(self, part: Part, *output: str) -> None:
        """Build one part; without `output` the result stays in the engine's build cache."""
        with self._ports.progress.phase(part.title):
            self._run(part, output or ("--output", "type=cacheonly"))

    def facts(self, folder: Path) -> dict[str, str]:
        """Put the node together, and answer what only the build knows of it."""
        self.part(recipe.facts_part(self._runtime), "--output", f"type=local,dest={folder}")
        return recipe.parse_facts((folder / "versions").read_text())

    def store(self, labels: Mapping[str, str]) -> None:
        """Give the finished image its name and its labels."""
        words = (word for item in labels.items() for word in ("--label", "=".join(item)))
        self.part(recipe.node_part(self._runtime), *words, "--tag", self._tag)

    def _run(self, part: Part, output: tuple[str, ...]) -> None:
        log = BuildLog()
        argv = recipe.build_argv(part.target, self._arguments, output, ca_bundle=self._ca_bundle)

        def on_line(line: str) -> None:
            if shown := log.take(line):
                self._ports.progress.detail(shown)

        try:
            self._ports.runner.run(argv, timeout=part.timeout, on_line=on_line)
        except ToolFailed as err:
            lines = log.last or err.details
            kind = ToolTimeout if isinstance(err, ToolTimeout) else ToolFailed
            raise kind(
                f"Part '{part.target}' of '{self._tag}' could not be built: {err.message}",
                argv=argv,
                hint=hint((*lines, *err.details)),
                details=lines,
            ) from err


def _ca_bundle(environ: Mapping[str, str]) -> Path | None:
    """The host's certificates: inside the build a company's proxy must be trusted as outside."""
    for name in (environ.get("SSL_CERT_FILE", ""), *CA_BUNDLES):
        if name and Path(name).is_file():
            return Path(name)
    return None
