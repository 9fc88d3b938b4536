"""`labctl up`."""

from dataclasses import replace
from pathlib import Path

import click

from labctl.cli import runtime as parsed
from labctl.cli.app import App
from labctl.cli.output import output_option
from labctl.cli.resting import bring_back_others
from labctl.cli.stage import LabStage, folder_for, wish, work_folder
from labctl.cli.target import checkpoint_option, trust_option
from labctl.cli.warm import refill
from labctl.counting import count
from labctl.errors import UsageError
from labctl.ops.node_image import full_version
from labctl.ops.up import Up, up


@click.command(epilog="Example: labctl up --runtime containerd,cri-o,docker --name all")
@click.argument("lab", required=False)
@click.option("--kubernetes", metavar="VERSION", help="Such as 1.36 or 1.36.3.")
@click.option(
    "--runtime",
    metavar="RUNTIME",
    help="containerd, cri-o or docker; several, as in containerd,cri-o, give a worker to each."
    "  [containerd]",
)
@click.option(
    "--oci-runtime",
    metavar="NAME",
    help="What starts containers: runc or crun.  [runc]",
)
@click.option(
    "--history",
    metavar="WHAT",
    help="dockershim: a 1.23 worker with it under a 1.24 control plane (docs/history.md).",
)
@click.option("--nodes", type=click.IntRange(1, 9), help="A control plane and workers.  [1]")
@click.option("--name", metavar="NAME", help="For several side by side.  [the lab's id]")
@click.option(
    "--work", type=click.Path(path_type=Path), help="Folder for the starter files.  [labctl-NAME]"
)
@click.option("--recreate", is_flag=True, help="Replace a cluster that is another than asked for.")
@checkpoint_option
@click.option("--keep-on-error", is_flag=True, help="Leave a half-made cluster to look at.")
@click.option("--no-pull", is_flag=True, help="Build the node image even if one is published.")
@output_option
@trust_option
@click.pass_obj
def command(
    app: App,
    lab: str | None,
    kubernetes: str | None,
    runtime: str | None,
    oci_runtime: str | None,
    history: str | None,
    nodes: int | None,
    name: str | None,
    work: Path | None,
    recreate: bool,
    checkpoint: bool,
    keep_on_error: bool,
    no_pull: bool,
    output: str,
) -> None:
    """Start LAB (the course's first without one): cluster, images and scene, ready to work on.

    The same command again repairs what is missing, and after a restart of the machine brings all
    labs back. Your own kubeconfig is not touched.
    """
    if history and (kubernetes or runtime or nodes):
        raise UsageError(
            "--history says which versions, runtimes and nodes there are.",
            hint="Leave out --kubernetes, --runtime and --nodes.",
        )
    runtimes = parsed.history(history) or parsed.runtimes(runtime)
    oci = parsed.oci_runtime(oci_runtime)
    found = app.trusted(app.catalog.get(lab))
    name = name or found.id
    asked = wish(found, name, runtimes=runtimes, oci_runtime=oci, nodes=nodes)
    if kubernetes:
        version = full_version(kubernetes, asked.layout()[0], app.engine)
        asked = replace(asked, kubernetes=version)
    progress = app.console.progress()
    folder = folder_for(app, name, work)
    ports = app.ports(progress)
    done = up(
        asked,
        LabStage(app, found, progress, folder, pull=not no_pull),
        ports,
        free_space=app.free_space,
        checkpoints=app.checkpoints(ports) if checkpoint else None,
        recreate=recreate,
        keep_on_error=keep_on_error,
    )
    if output == "json":
        _show_json(app, done, progress.seconds)
    else:
        _show(app, done, found.guide_step(app.settings.language, found.file.steps[0].id))
    if done.state == "repaired":
        bring_back_others(app)
    if checkpoint:
        refill(app)


def _show_json(app: App, done: Up, seconds: dict[str, float]) -> None:
    cluster = done.cluster
    app.console.json(
        {
            "format": "labctl/up/v1",
            "name": cluster.name,
            "lab": cluster.lab,
            "state": done.state,
            "kubernetes": cluster.kubernetes,
            "runtime": cluster.runtime,
            "oci_runtime": cluster.oci_runtime,
            "nodes": [node.name for node in cluster.nodes],
            "kubeconfig": str(app.store.kubeconfig(cluster.name)),
            "work": str(work_folder(app, cluster.name)),
            "seconds": {phase: round(value, 2) for phase, value in seconds.items()},
        }
    )


def _show(app: App, done: Up, first_step: str) -> None:
    cluster = done.cluster
    nodes = count(len(cluster.nodes), "node")
    app.console.talk(
        f"Lab '{cluster.name}' is {'ready' if done.state == 'created' else done.state}: "
        f"Kubernetes {cluster.kubernetes} on {', '.join(cluster.runtimes)}, {nodes}."
    )
    app.console.talk(f"Your files are in {work_folder(app, cluster.name)}\n")
    app.console.markdown(first_step)
    app.console.talk("\nSee how far you are: labctl check      All of the guide: labctl show")
