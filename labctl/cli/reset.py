"""`labctl reset`."""

import click

from labctl.cli.app import App
from labctl.cli.running import running
from labctl.cli.target import name_option, trust_option


@click.command(epilog="Example: labctl reset")
@click.argument("lab", required=False)
@name_option
@trust_option
@click.pass_obj
def command(app: App, lab: str | None, name: str | None) -> None:
    """Put a lab back to its start: cluster objects, and containers labelled for the lab.

    Files in your working folder stay as they are.
    """
    from labctl.cli.stage import LabStage, recreate, scripts  # noqa: PLC0415 - see labctl.cli.list
    from labctl.cli.warm import refill  # noqa: PLC0415
    from labctl.ops.reset import reset  # noqa: PLC0415
    from labctl.tools.cri import node_store  # noqa: PLC0415

    found, cluster = running(app, lab, name)
    progress = app.console.progress()
    own = scripts(app, found, cluster)
    stage = LabStage(app, found, progress, own.work, pull=True)
    removed: tuple[str, ...] = ()
    if found.file.reset == "cluster":
        recreate(app, cluster, stage, progress)
        refill(app)
    else:
        nodes = [node_store(app.process, node) for node in cluster.nodes]
        stage.build_images()
        removed = reset(
            own,
            app.kube(cluster.name),
            app.engine,
            nodes,
            app.store,
            progress=progress,
            load=lambda: stage.load_images(cluster),
        )
    for container in removed:
        app.console.talk(f"Removed container '{container}'.")
    app.console.talk(f"Lab '{cluster.name}' is back at its start. Next: labctl show {found.id}")
