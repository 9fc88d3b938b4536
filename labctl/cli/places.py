"""How a folder is written where the user stands, so that a command with it works when pasted."""

from pathlib import Path


def from_here(folder: Path, here: Path | None = None) -> str:
    """The path from the current folder where it lies inside, else the absolute one."""
    try:
        whole, here = folder.resolve(), (here or Path.cwd()).resolve()
    except FileNotFoundError:  # the current folder was removed
        return str(folder)
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
