"""Pages that are written from the code; docs/commands.md calls this through cog."""

from collections.abc import Iterator
from typing import Final

import click

from labctl.cli import cli

WIDTH: Final = 78
"""What click uses of a terminal with 80 columns."""


def commands() -> str:
    """The help of labctl and of each of its commands, as Markdown, in the order of `--help`."""
    root = click.Context(cli, info_name="labctl", terminal_width=WIDTH, **cli.context_settings)
    return "\n\n".join(_section(context) for context in contexts(root))


def contexts(context: click.Context) -> Iterator[click.Context]:
    """A command and all below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None:
                yield from contexts(click.Context(command, parent=context, info_name=name))


def _section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.get_help()}\n```"
