"""A click group that loads a verb's module only when it is used, and lists verbs in sections."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from labctl.errors import UsageError
from labctl.suggest import did_you_mean


class LazyGroup(click.Group):
    """The command `node-image` is the object `command` in labctl/cli/node_image.py."""

    def __init__(
        self, *args: Any, sections: Mapping[str, Mapping[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._sections = dict(sections or {})

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every verb, in the order of the sections."""
        return [name for names in self._sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"labctl.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a verb that does not exist."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise UsageError(
                f"There is no command '{args[0]}'{did_you_mean(args[0], known) or '.'}",
                hint="See them all with: labctl --help",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One block for each section."""
        for title, texts in self._sections.items():
            with formatter.section(title):
                formatter.write_dl(list(texts.items()))
