"""`labctl serve`."""

from typing import TYPE_CHECKING

import click

from labctl.cli.app import App
from labctl.cli.running import running
from labctl.cli.target import name_option, trust_option
from labctl.errors import ExitCode, LabctlError

if TYPE_CHECKING:
    from labctl.catalog import Lab
    from labctl.model import Cluster

PATIENCE = 600.0
"""Seconds: a page may stay open while its lab is repaired with `labctl up`."""


@click.command(epilog="Example: labctl serve --open")
@click.argument("lab", required=False)
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="[default: a free one]")
@click.option(
    "--open/--no-open", "opened", default=False, help="Open it in the browser.  [no-open]"
)
@name_option
@trust_option
@click.pass_obj
def command(app: App, lab: str | None, port: int | None, opened: bool, name: str | None) -> int:
    """Show the guide, the steps and what checks see in a browser, as it changes.

    Its address works on this machine alone, for whoever has all of it. Ctrl-C ends it, with 0.
    """
    found, cluster = running(app, lab, name)
    try:
        _serve(app, found, cluster, port, opened)
    except KeyboardInterrupt:
        app.console.talk("The page has ended; the lab goes on.")
    return ExitCode.OK


def _serve(app: App, lab: "Lab", cluster: "Cluster", port: int | None, opened: bool) -> None:
    from labctl.cli.following import following  # noqa: PLC0415 - see labctl.cli.list
    from labctl.serve.gate import Keys  # noqa: PLC0415
    from labctl.serve.hub import Ended, Hub  # noqa: PLC0415
    from labctl.serve.server import bind, serving  # noqa: PLC0415
    from labctl.serve.site import Site  # noqa: PLC0415

    listener, hub, keys = bind(port), Hub(), Keys()
    port = listener.getsockname()[1]
    pages = Site(lab, cluster.name, app.settings.language, hub).app(keys, port)
    with (
        following(app, lab, cluster, patience=PATIENCE) as (live, bell),
        serving(pages, listener, died=bell.close),
    ):
        app.console.talk(f"Lab '{cluster.name}' is shown at this address until Ctrl-C:")
        app.console.out(f"http://127.0.0.1:{port}/?token={keys.token}")
        if opened:
            _open(app, f"http://127.0.0.1:{port}/?token={keys.once()}")
        reason = "Ctrl-C"
        try:
            for snapshot in live.snapshots(until_passed=False):
                hub.publish(snapshot)
        except LabctlError as err:
            reason = err.message
            raise
        finally:
            hub.publish(Ended(reason))


def _open(app: App, address: str) -> None:
    """Hand the address to the system; where there is no desktop, the printed one is there."""
    program = next(filter(app.process.which, ("xdg-open", "open")), None)
    if program is None:
        app.console.talk("No program to open a browser was found: open the address by hand.")
        return
    app.store.logs.mkdir(parents=True, exist_ok=True)
    app.process.start_detached([program, address], log=app.store.logs / "browser.log")
