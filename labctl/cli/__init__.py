"""The command line: one verb a file, and the single place where errors become exit codes."""

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

COMMANDS = {
    "Start": ("setup", "doctor", "up", "status", "down"),
    "Work on a lab": ("list", "show", "check", "hint", "solve", "reset"),
    "The cluster": ("load", "kubectl", "env", "node-image"),
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
        sys.stdout = None
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
