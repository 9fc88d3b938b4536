"""The option that names a running lab, the same for every verb."""

import click

name_option = click.option(
    "--name", metavar="NAME", help="The lab's name, where several run side by side."
)
