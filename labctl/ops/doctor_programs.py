"""The programs that labctl needs on PATH, and what is good enough."""

from typing import Final

from packaging.version import Version

from labctl.errors import ToolFailed, ToolTimeout
from labctl.ops.doctor_facts import Program, version_in
from labctl.ops.ports import Runner

PROGRAMS: Final = {
    "docker": ("docker", "--version"),
    "buildx": ("docker", "buildx", "version"),
    "kind": ("kind", "version"),
    "kubectl": ("kubectl", "version", "--client"),
    "mmdebstrap": ("mmdebstrap", "--version"),
}
"""How each says its version."""
OLDEST_ENGINE: Final = Version("25.0")
"""The first whose image archives have an OCI layout, which `labctl load` sends on."""
OLDEST_KIND: Final = Version("0.30.0")
"""The first that was released for Kubernetes 1.34, the oldest minor that is tested."""
OLDEST_DOCKER_CLI: Final = Version("20.10")
SECONDS: Final = 3.0


def look_at(name: str, runner: Runner, argv: tuple[str, ...] = ()) -> Program:
    """The program as a shell would find it; `argv` for one that is not in PROGRAMS.

    Raises:
        ToolTimeout: it did not say its version in time.
    """
    argv = argv or PROGRAMS[name]
    path = runner.which(argv[0])
    if path is None:
        return Program(None)
    try:
        said = runner.run(argv, timeout=SECONDS).stdout.strip()
    except ToolTimeout:
        raise
    except ToolFailed:
        # A docker without buildx is there all the same; buildx is not.
        return Program(None if name == "buildx" else path)
    return Program(path, version_in(said), says=said.partition("\n")[0])


def good_enough(name: str, program: Program) -> bool:
    """Whether a lab can be run with the program as it is."""
    if program.path is None:
        return False
    oldest = {"docker": OLDEST_DOCKER_CLI, "kind": OLDEST_KIND}.get(name)
    return oldest is None or (program.version is not None and program.version >= oldest)
