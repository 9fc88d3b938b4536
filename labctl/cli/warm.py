"""`labctl warm`."""

import json
import secrets
import shlex
import sys
from pathlib import Path

import click

from labctl.claim import SPARE
from labctl.cli.app import App
from labctl.cli.lab_stand import BareStage
from labctl.cli.stage import wish
from labctl.cli.target import trust_option
from labctl.errors import PrerequisiteMissing
from labctl.model import ClusterSpec
from labctl.ops import spare
from labctl.ops.doctor_facts import parse_memory
from labctl.ops.up import plan, start
from labctl.store import Store
from labctl.tools.host import LocalHost
from labctl.ui.quantities import size

MEMORY = 3 << 29
"""Bytes that must be available: a resting cluster of one node takes a third of it."""


@click.command(epilog="Example: labctl warm")
@click.argument("lab", required=False)
@click.option("--off", is_flag=True, help="Remove the spare cluster, and keep none any more.")
@click.option("--again", is_flag=True, hidden=True, help="Only where one is to be kept still.")
@trust_option
@click.pass_obj
def command(app: App, lab: str | None, off: bool, again: bool) -> None:
    """Keep a spare cluster as LAB needs it (the course's first without one), for the next `up`.

    It rests: it takes memory, some 500 MB a node, and no processor time. `labctl up` of a lab that
    needs such a cluster is there in seconds, and then makes the next spare in the background.
    """
    progress = app.console.progress()
    ports = app.ports(progress)
    if off:
        gone = keep_none(app)
        app.console.talk("The spare cluster is gone." if gone else "There was no spare cluster.")
        return
    found = app.trusted(app.catalog.get(lab))
    available = parse_memory(LocalHost(app.settings.environ).read("/proc/meminfo")).available
    if available < MEMORY:
        raise PrerequisiteMissing(
            f"{size(available)} of memory is available; a spare cluster is made with"
            f" {size(MEMORY)} or more.",
            hint="ps aux --sort=-rss | head    # close what you don't need",
        )
    name = f"spare-{secrets.token_hex(2)}"
    stage = BareStage(app, found, progress, Path.cwd(), pull=True)
    asked = plan(wish(found, name), stage, app.free_space())
    spec = ClusterSpec(name, SPARE, asked.nodes, asked.oci_runtime)
    checkpoints = app.checkpoints(ports)
    made = spare.warm(
        spec,
        lambda one: start(one, stage, ports, checkpoints),
        app.kube,
        ports,
        app.process,
        wanted=lambda: not again or note(app.store).is_file(),
    )
    if again:
        return
    app.store.write(note(app.store), json.dumps({"lab": found.id}))
    said = "rests now" if made else "rests already"
    app.console.talk(f"A spare cluster {said}. The next 'labctl up {found.id}' takes it.")


def note(store: Store) -> Path:
    """That a spare is to be kept, and for which lab."""
    return store.home / "spare.json"


def keep_none(app: App) -> int:
    """Remove the spare, and the wish for one; how many there were."""
    progress = app.console.progress()
    note(app.store).unlink(missing_ok=True)
    said = "Another labctl is making a spare cluster; waiting for it..."
    return spare.cool(app.ports(progress), on_wait=lambda: progress.note(said))


def refill(app: App) -> None:
    """Make the next spare in the background, where one is to be kept and there is none."""
    if not note(app.store).is_file() or spare.there(app.engine):
        return
    lab = json.loads(note(app.store).read_text(encoding="utf-8"))["lab"]
    app.store.logs.mkdir(parents=True, exist_ok=True)
    warm = shlex.join(("nice", "-n", "19", sys.executable, "-m", "labctl", "warm", lab, "--again"))
    log = shlex.quote(str(app.store.logs / "warm.log"))
    # A session of its own: it outlives this terminal.
    line = f"exec {warm} </dev/null >{log} 2>&1"
    app.process.run(("setsid", "--fork", "sh", "-c", line), timeout=10.0)
    app.console.talk("The next spare cluster is being made in the background.")
