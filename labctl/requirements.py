"""Whether a cluster is what a lab needs. Pure."""

from collections.abc import Sequence
from typing import Final

from packaging.specifiers import SpecifierSet

from labctl.counting import count
from labctl.manifest import LabFile

_UNITS: Final = {"Mi": 1 << 20, "Gi": 1 << 30}


def unmet(
    file: LabFile, *, kubernetes: str, runtimes: Sequence[str], memory: int | None = None
) -> list[str]:
    """What a lab needs and would not have, as sentences without a full stop.

    Args:
        file: the lab.
        kubernetes: a full version, 1.36.3.
        runtimes: of each node, the control plane first.
        memory: bytes of the engine's machine; not looked at where it is None.
    """
    found = []
    needs = file.requires
    if needs.kubernetes and not SpecifierSet(needs.kubernetes).contains(kubernetes):
        found.append(f"it needs Kubernetes {needs.kubernetes}, not {kubernetes}")
    others = sorted({one for one in runtimes if needs.runtimes and one not in needs.runtimes})
    if others:
        known = ", ".join(needs.runtimes)
        found.append(f"it runs on {known}, not on {', '.join(others)}")
    lacking = [one for one in file.cluster.runtimes if one not in runtimes]
    if lacking:
        found.append(f"it needs a node with {' and one with '.join(lacking)}")
    if file.cluster.history and file.cluster.history not in runtimes:
        found.append(f"it needs the historic cluster: --history {file.cluster.history}")
    nodes = max(needs.nodes, file.cluster.nodes or 1)
    if len(runtimes) < nodes:
        found.append(f"it needs {count(nodes, 'node')}, not {len(runtimes)}")
    if needs.memory and memory is not None and memory < _bytes(needs.memory):
        found.append(f"it needs {needs.memory} of memory; the engine has {memory >> 20}Mi")
    return found


def _bytes(text: str) -> int:
    return int(text[:-2]) * _UNITS[text[-2:]]
