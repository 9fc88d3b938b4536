"""Every node image that `make matrix` needs, one a line: `python -m tests.pairs`."""

import sys

from labctl.model import Runtime
from labctl.nodeimage import versions


def node_images() -> tuple[tuple[str, Runtime], ...]:
    """Release and runtime of each: the supported pairs, and the historic cluster's."""
    file = versions.load()
    history = ((release, runtime) for runtime, release in versions.history(file).items())
    return (*versions.pairs(file), *history)


if __name__ == "__main__":
    for release, runtime in node_images():
        sys.stdout.write(f"{release} {runtime}\n")
