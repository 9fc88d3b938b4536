"""What `pause` and `resume` have in common: which labs, one after the other."""

from collections.abc import Callable, Iterator
from typing import Protocol

import click

from labctl.cli.app import App
from labctl.cli.target import name_option
from labctl.errors import LabctlError, UsageError
from labctl.model import ANY_LAB
from labctl.ops.clusters import clusters
from labctl.ops.create import Ports, made_with
from labctl.ops.pause import resume


class Verb(Protocol):
    """labctl.ops.pause.pause or resume."""

    def __call__(  # noqa: D102
        self, name: str, ports: Ports, *, on_wait: Callable[[], None] | None = None
    ) -> bool: ...


def name_or_all(command: Callable[..., None]) -> Callable[..., None]:
    """`--name` or `--all`."""
    everything = click.option("--all", "everything", is_flag=True, help="All labs.")
    return name_option(everything(command))


def each(app: App, name: str | None, verb: Verb, *, everything: bool) -> Iterator[tuple[str, bool]]:
    """Do it to the labs that are meant; each with whether there was something to do."""
    if name and everything:
        raise UsageError("--name and --all don't go together.")
    named = [one.name for one in clusters(app.engine)] if everything else [app.target(name).name]
    if not named:
        app.console.talk("No lab is there.")
    progress = app.console.progress()
    for one in named:

        def waiting(lab: str = one) -> None:
            progress.note(f"Another labctl is working on '{lab}'; waiting for it...")

        yield one, verb(one, app.ports(progress), on_wait=waiting)


def bring_back_others(app: App) -> None:
    """Start the labs that are switched off, as after a restart of the machine."""
    progress = app.console.progress()
    for one in clusters(app.engine):
        if one.lab == ANY_LAB or not one.switched_off:
            continue
        if made_with(app.engine, f"{one.kind_name}-control-plane") is None:
            continue  # half-made: `up` of it makes it anew
        try:
            if resume(one.name, app.ports(progress)):
                app.console.talk(f"Lab '{one.name}' had stopped too, and is ready again.")
        except LabctlError as err:
            app.console.talk(f"Lab '{one.name}' did not come back: {err.message}")
            app.console.talk(f"Try again: labctl resume --name {one.name}")
