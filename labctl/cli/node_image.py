"""`labctl node-image`: list, build, export, import."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from labctl.archive_bundle import About
from labctl.cli import runtime as parsed
from labctl.cli.app import App
from labctl.cli.building import building
from labctl.cli.output import output_option
from labctl.model import LABEL_KUBERNETES, LABEL_RUNTIME, ImageInfo, Runtime
from labctl.ops import node_image_build
from labctl.ops.node_image_store import export_bundle, import_bundle, node_images
from labctl.ui.quantities import age, size

kubernetes_option = click.option(
    "--kubernetes", metavar="VERSION", help="Such as 1.36 or 1.36.3.  [the newest that is pinned]"
)
runtime_option = click.option(
    "--runtime",
    default=Runtime.CONTAINERD.value,
    metavar="RUNTIME",
    help="containerd, cri-o or docker; dockershim with 1.23.  [containerd]",
)


@click.group(epilog="Example: labctl node-image list")
def command() -> None:
    """List, build, export and import the images that nodes run."""


@command.command("list", epilog="Example: labctl node-image list --output json")
@output_option
@click.pass_obj
def list_images(app: App, output: str) -> None:
    """Show the node images on this machine."""
    images = node_images(app.engine)
    if output == "json":
        found = [_described(image) for image in images]
        app.console.json({"format": "labctl/node-images/v1", "node_images": found})
    elif images:
        now = datetime.now(UTC)
        rows = [_row(image, now) for image in images]
        app.console.table(("kubernetes", "runtime", "size", "digest", "age", "image"), rows)
    else:
        app.console.talk("There is no node image yet. Make one with: labctl node-image build")


@command.command(epilog="Example: labctl node-image build --kubernetes 1.36.3")
@kubernetes_option
@runtime_option
@click.option("--force", is_flag=True, help="Build even what is up to date.")
@click.pass_obj
def build(app: App, kubernetes: str | None, runtime: str, force: bool) -> None:
    """Make a node image from Go modules and Debian packages.

    Run again, it builds only what differs.
    """
    asked = parsed.runtime(runtime, Runtime)
    with building(app, app.console.progress()) as ports:
        image = node_image_build.build(kubernetes, ports, runtime=asked, force=force)
    app.console.out(image.tag)


@command.command("export", epilog="Example: labctl node-image export --kubernetes 1.36 k8s.tar.zst")
@kubernetes_option
@runtime_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export_file(app: App, kubernetes: str | None, runtime: str, file: Path) -> None:
    """Write a node image to FILE, for machines without a network.

    The base of the labs' own images goes with it, so that the shipped labs can be run there.
    """
    asked = parsed.runtime(runtime, Runtime)
    progress = app.console.progress()
    with building(app, progress) as ports:
        about = export_bundle(
            app.engine,
            kubernetes,
            asked,
            file,
            lab_base=partial(node_image_build.ensure_lab_base, ports),
            progress=progress,
        )
    app.console.talk(f"{_named(about)} written to {file} ({size(file.stat().st_size)}).")
    app.console.talk(f"On the other machine: labctl node-image import {file.name}")


@command.command("import", epilog="Example: labctl node-image import k8s.tar.zst")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_file(app: App, file: Path) -> None:
    """Verify FILE as a whole, then load the images in it."""
    about = import_bundle(app.engine, file, progress=app.console.progress())
    app.console.talk(f"{_named(about)} loaded.")
    app.console.talk(f"Start a lab with it: labctl up {_options(about)}")


def _options(about: About) -> str:
    if about.runtime == Runtime.DOCKERSHIM:
        return f"--history {about.runtime}"
    with_runtime = "" if about.runtime == Runtime.CONTAINERD else f" --runtime {about.runtime}"
    return f"--kubernetes {about.kubernetes}{with_runtime}"


def _named(about: About) -> str:
    return " and ".join(image.tag for image in about.images)


def _row(image: ImageInfo, now: datetime) -> tuple[str, ...]:
    return (
        image.labels.get(LABEL_KUBERNETES, "unknown"),
        image.labels.get(LABEL_RUNTIME, "unknown"),
        size(image.size),
        image.image_id.removeprefix("sha256:")[:12],
        age(image.created, now),
        image.tags[0],
    )


def _described(image: ImageInfo) -> dict[str, object]:
    return {
        "kubernetes": image.labels.get(LABEL_KUBERNETES, ""),
        "runtime": image.labels.get(LABEL_RUNTIME, ""),
        "bytes": image.size,
        "digest": image.image_id,
        "created": image.created.isoformat() if image.created else None,
        "tags": list(image.tags),
    }
