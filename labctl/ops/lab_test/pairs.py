"""Which labs are proved on which clusters. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from labctl.catalog import Lab
from labctl.manifest_types import split
from labctl.model import Runtime
from labctl.ops.wish import HISTORY, Wish
from labctl.proofs import Pair

HISTORIC: Final = "1.24"


def own_wish(lab: Lab, name: str, lab_id: str | None = None) -> Wish:
    """What a new cluster is where nothing is asked for: the lab says it."""
    shape = lab.file.cluster
    own = HISTORY if shape.history else shape.runtimes or (Runtime.CONTAINERD,)
    least = max(shape.nodes or 1, lab.file.requires.nodes)
    nodes = None if shape.history or (len(own) > 1 and shape.nodes is None) else least
    return Wish(name, lab_id or lab.id, default_runtimes=own, default_nodes=nodes)


def pairs_of(lab: Lab, default: str) -> tuple[Pair, ...]:
    """What a lab is to be proved on, the first one being the most telling."""
    if lab.file.cluster.history:
        return (Pair(HISTORIC, HISTORY),)
    matrix = lab.file.ci.matrix
    own = own_wish(lab, lab.id)
    runtimes = [split(one) for one in matrix.runtime] or [own.default_runtimes]
    layouts = [Wish("", "", runtimes=one, default_nodes=own.default_nodes) for one in runtimes]
    return tuple(
        Pair(kubernetes, one.layout())
        for kubernetes in matrix.kubernetes or (default,)
        for one in layouts
    )


def chosen(
    pairs: Sequence[Pair], *, kubernetes: str | None, runtime: str | None, quick: bool
) -> tuple[Pair, ...]:
    """The pairs that are asked for."""
    wanted = tuple(
        pair
        for pair in pairs
        if kubernetes in (None, pair.kubernetes, pair.minor)
        and runtime in (None, ",".join(dict.fromkeys(pair.layout)))
    )
    return wanted[:1] if quick else wanted


def grouped(labs: Iterable[tuple[Lab, Sequence[Pair]]]) -> list[tuple[Pair, list[Lab]]]:
    """The labs of each pair, so that one cluster serves them all.

    A lab whose start is a new cluster comes last on its pair.
    """
    groups: dict[Pair, list[Lab]] = {}
    for lab, pairs in labs:
        for pair in pairs:
            groups.setdefault(pair, []).append(lab)
    return [
        (pair, sorted(group, key=lambda lab: lab.file.reset == "cluster"))
        for pair, group in groups.items()
    ]
