"""The command line: one verb a file, and the single place where errors become exit codes."""

import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from labctl import __version__
from labctl.cli.app import App
from labctl.cli.group import LazyGroup
from labctl.errors import ExitCode, Interrupted, LabctlError
from labctl.settings import Settings
from labctl.ui.console import Console

# The texts stand here so that `labctl --help` need not import every verb; a test holds them to it.
COMMANDS = {
    "Start": {
        "setup": "Install what is missing, and start the engine",
        "doctor": "Examine this machine: what is wrong and what helps",
        "up": "Start a lab: cluster, images and scene",
        "status": "Show the labs that run here",
        "pause": "Let a lab rest, so that it takes no processor time",
        "resume": "Go on with labs that rest, also after a restart of the machine",
        "warm": "Keep a spare cluster, so that the next lab is there in seconds",
        "down": "Remove a lab without leftovers",
    },
    "Work on a lab": {
        "course": "Show how far you are in the course, and what comes next",
        "next": "Say which step or lab comes next, and why",
        "list": "List the course's labs",
        "show": "Show a lab's guide",
        "check": "Check your work: what passes, what does not, and why",
        "serve": "Show the lab in a browser: guide, steps and checks, live",
        "hint": "Show the next hint for a step",
        "solve": "Apply the author's solution of a step",
        "reset": "Put a lab back to its start",
    },
    "The cluster": {
        "load": "Load images that Docker built into every node",
        "trace": "Follow an image into every node's store and every process",
        "kubectl": "Run kubectl against the lab's cluster",
        "env": "Print what to export for kubectl and other tools",
        "checkpoint": "Keep a lab as it is, and bring it back",
        "node-image": "List, build, export and import node images",
    },
    "For authors": {
        "lab": "Make labs, lint them, and prove that they work",
    },
    "For teachers": {
        "grade": "Check learners' work again, beside what their receipts say",
    },
}


@click.group(
    cls=LazyGroup,
    sections=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: labctl up",
)
@click.version_option(__version__, prog_name="labctl")
@click.pass_context
def cli(context: click.Context) -> None:
    """Real container and Kubernetes labs on this machine, with checks that explain."""
    if context.obj is None:
        settings = Settings.read()
        context.obj = App(settings, Console(no_color=settings.no_color))


def main(argv: Sequence[str] | None = None) -> int:
    """Run labctl; the only function that ends the process."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None, app: App | None = None) -> int:
    """Run a command line and answer its exit code; every error is shown here and nowhere else."""
    app = app or _app()
    try:
        code = cli.main(args=argv, prog_name="labctl", standalone_mode=False, obj=app)
    except click.ClickException as err:
        err.show()
        return err.exit_code
    except LabctlError as err:
        app.console.error(err)
        return err.exit_code
    except (KeyboardInterrupt, click.Abort):
        app.console.error(Interrupted("Interrupted."))
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`labctl list | head`): nothing more to say, and no one to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.OK
    except Exception:
        return _bug(app)
    return code if isinstance(code, int) else ExitCode.OK


def _app() -> App:
    settings = Settings.read()
    return App(settings, Console(no_color=settings.no_color))


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(f"Stopped by {signal.Signals(number).name}.")


def _bug(app: App) -> int:
    """Write what is needed to report a bug, and say where."""
    trace = traceback.format_exc()
    last = trace.strip().splitlines()[-1]
    path = app.store.logs / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    where = str(path)
    report = (
        f"labctl {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {sys.argv}\n\n{trace}"
    )
    try:
        app.store.write(path, report)
    except LabctlError:
        sys.stderr.write(report)
        where = "above"
    app.console.talk(f"Unexpected error: {last}", style="bold red")
    app.console.talk(f"This is a bug in labctl. Details: {where}")
    return ExitCode.BUG
