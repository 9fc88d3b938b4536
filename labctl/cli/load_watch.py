"""`labctl load IMAGE --watch DIR`."""

import time
from pathlib import Path

from labctl.cli.app import App
from labctl.counting import count
from labctl.errors import LabctlError, UsageError
from labctl.model import Cluster
from labctl.ops.bell import Bell
from labctl.ops.lab_images import build_lab_image
from labctl.ops.load import load
from labctl.ops.load_watch import Parts, Round, Superseded, go_round, rounds
from labctl.tools.cri import node_store
from labctl.tools.work_files import WorkFiles
from labctl.ui.quantities import size
from labctl.waiting import Clock

PAUSE = 0.2
"""Seconds between two looks at the files."""


def watch(app: App, cluster: Cluster, image: str, folder: Path) -> None:
    """Build, load and restart at once and after each save, until Ctrl-C.

    Raises:
        UsageError: the folder has no Dockerfile.
    """
    if not (folder / "Dockerfile").is_file():
        raise UsageError(
            f"There is no Dockerfile in '{folder}'.",
            hint="Give the folder that 'docker build' would be given.",
        )
    bell = Bell()
    files = WorkFiles(folder, changed=bell.ring, state=bell.state, pause=PAUSE)
    files.start()
    try:
        rounds(bell, files.name, lambda: _once(app, cluster, image, folder, bell))
    finally:
        bell.close()
        files.stop()


def _once(app: App, cluster: Cluster, image: str, folder: Path, bell: Bell) -> None:
    """One round; a failure is told, and the next save is waited for."""
    saved = max((path.stat().st_mtime for path in folder.rglob("*") if path.is_file()), default=0.0)
    start, progress = time.time(), app.console.progress()

    def build() -> None:
        with progress.phase(f"Build '{image}'"):
            build_lab_image(cluster.lab, folder, image, runner=app.process, detail=progress.detail)

    nodes = [node_store(app.process, node) for node in cluster.nodes]
    parts = Parts(
        build,
        lambda: load(app.engine, nodes, [image], progress=progress),
        app.kube(cluster.name),
        progress,
        Clock(),
        lambda: bell.rung,
    )
    try:
        done = go_round(image, parts)
    except Superseded:
        app.console.talk("A newer save came before all Pods were ready.")
        return
    except LabctlError as err:
        app.console.error(err)
        app.console.talk(f"Waiting for the next save in '{folder}'.")
        return
    # What was saved long before is not what this round answers to.
    since = saved if start - saved < 5 else start
    _show(app, image, done, time.time() - since)
    app.console.talk(f"Waiting for a save in '{folder}'. Ctrl-C ends.")


def _show(app: App, image: str, done: Round, seconds: float) -> None:
    parts = f"build {done.build:.1f}, load {done.load:.1f}, restart {done.restart:.1f}"
    sent = max(done.loaded, key=lambda one: one.sent)
    if not sent.sent:
        app.console.out(f"{image}: nothing changed ({parts} s).")
        return
    layers = f"{count(sent.layers_sent, 'layer')} of {sent.layers}"
    app.console.out(
        f"{image}: running {seconds:.1f} s after the save: {parts} s;"
        f" sent {size(sent.sent)} of {size(sent.size)}, {layers}."
    )
    restarted = ", ".join(done.restarted)
    app.console.talk(
        f"Restarted: {restarted}." if restarted else "Nothing in the cluster uses it yet."
    )
