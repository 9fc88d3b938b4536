"""The option that turns the answer into one versioned document, the same for every verb."""

import click

output_option = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
