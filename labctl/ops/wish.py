"""What the learner asked `up` for, beside what is there. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from labctl.errors import UsageError
from labctl.model import Cluster, Runtime

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Wish:
    """None means: whatever is there, or the default."""

    name: str
    lab: str
    kubernetes: str | None = None
    """A full version, 1.36.3."""
    runtime: Runtime | None = None
    nodes: int | None = None


def check_name(name: str) -> None:
    """UsageError when a name can't be part of a container's and a node's name."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' can't be a lab's name here.",
            hint="Use 1 to 40 lower-case letters, digits and dashes, no dash at either end.",
        )


def differences(wish: Wish, cluster: Cluster) -> list[str]:
    """What a running cluster is that was asked to be otherwise, as parts of a sentence."""
    found: list[str] = []
    if wish.lab != cluster.lab:
        found.append(f"it runs lab '{cluster.lab}', not '{wish.lab}'")
    if wish.kubernetes and wish.kubernetes != cluster.kubernetes:
        found.append(f"it runs Kubernetes {cluster.kubernetes}, not {wish.kubernetes}")
    if wish.runtime and wish.runtime != cluster.runtime:
        found.append(f"its runtime is {cluster.runtime}, not {wish.runtime}")
    if wish.nodes and wish.nodes != len(cluster.nodes):
        found.append(f"it has {count(len(cluster.nodes), 'node')}, not {wish.nodes}")
    return found


def refuse_differences(wish: Wish, cluster: Cluster) -> None:
    """UsageError when the cluster is another one than was asked for."""
    found = differences(wish, cluster)
    if found:
        raise UsageError(
            f"Cluster '{cluster.name}' is there already: {'; '.join(found)}. Nothing was changed.",
            hint="Add --recreate to replace it, or --name OTHER to have both.",
        )


def count(number: int, noun: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
