"""`labctl setup`."""

import shlex
import sys
from pathlib import Path

import click

from labctl.cli.app import App
from labctl.errors import PrerequisiteMissing
from labctl.ops.setup import Ports, setup
from labctl.tools.apt import Apt
from labctl.tools.dockerd import Dockerd
from labctl.tools.host import LocalHost

SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin")


@click.command(epilog="Example: sudo labctl setup")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_obj
def command(app: App, dry_run: bool) -> None:
    """Install what is missing on Debian and Ubuntu, and start the engine.

    Elsewhere it prints the commands. What is there and good enough stays as it is.
    """
    lines = setup(_ports(app), dry_run=dry_run)
    for line in lines:
        app.console.out(line)


def _ports(app: App) -> Ports:
    environ = app.settings.environ
    return Ports(
        machine=LocalHost(environ),
        engine=app.engine,
        runner=app.process,
        packages=Apt(app.process),
        service=Dockerd(app.process, app.store.logs / "dockerd.log", lambda: _answers(app)),
        progress=app.console.progress(),
        docker_host=environ.get("DOCKER_HOST", ""),
        as_root=_as_root(sys.argv[0]),
    )


def _answers(app: App) -> bool:
    try:
        app.engine.info()
    except PrerequisiteMissing:
        return False
    return True


def _as_root(program: str) -> str:
    """Sudo has a PATH of its own: a labctl in a virtual environment needs its full name."""
    path = Path(program).absolute()
    if str(path.parent) in SYSTEM_FOLDERS:
        return "sudo labctl setup"
    if path.name == "labctl":
        return shlex.join(("sudo", str(path), "setup"))
    return shlex.join(("sudo", sys.executable, "-m", "labctl", "setup"))
