"""Frozen processes in a container that is to go: on cgroup v1 nothing can kill them.

runc freezes a container's cgroup while it sets its limits. A runc that is killed in between leaves
it frozen, and a container with such a process in it can't be removed: "did not receive an exit
event" (cgroup v1's freezer holds SIGKILL back,
https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html).
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

HIERARCHY: Final = Path("/sys/fs/cgroup/freezer")
STUCK: Final = "did not receive an exit event"
"""What the engine says of a container that it can't kill."""


def thaw(container: str, hierarchy: Path = HIERARCHY) -> bool:
    """Let a container's frozen processes go on, so that they can end; says whether any were frozen.

    Does nothing without the right to, on cgroup v2, and where the engine is on another machine.

    Args:
        container: the full id.
        hierarchy: where cgroup v1's freezer is mounted.
    """
    thawed = False
    for state in hierarchy.glob(f"**/*{container}*/**/freezer.state"):
        with suppress(OSError):  # it went meanwhile, or it is not ours to write
            if state.read_text(encoding="ascii").strip() != "THAWED":
                state.write_text("THAWED", encoding="ascii")
                thawed = True
    return thawed
