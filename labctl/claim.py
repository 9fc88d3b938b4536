"""What becomes of a spare cluster: labels can't change, so a file in its nodes says whose it is."""

import json
from collections.abc import Mapping
from typing import Final

from labctl.model import LABEL_CLUSTER, LABEL_LAB

SPARE: Final = "~spare"
"""In place of a lab's id: a cluster that waits to become a lab's."""
CLAIM: Final = "/kind/claim.json"
"""In each node's container."""


def claim(cluster: str, lab: str) -> bytes:
    """The file's content."""
    return json.dumps({LABEL_CLUSTER: cluster, LABEL_LAB: lab}).encode()


def claimed(labels: Mapping[str, str], content: bytes | None) -> dict[str, str]:
    """A spare node's labels as they are meant, with the file's content, if there is one."""
    try:
        said = json.loads(content) if content else {}
        return {**labels, **{key: str(said[key]) for key in (LABEL_CLUSTER, LABEL_LAB) if said}}
    except (ValueError, KeyError, TypeError):  # it was cut off: nobody's yet
        return dict(labels)
