"""Which of the running labs a command means."""

from collections.abc import Callable

from labctl.errors import PrerequisiteMissing, UsageError
from labctl.model import ANY_LAB, Cluster
from labctl.ops.clusters import Nodes, clusters
from labctl.suggest import did_you_mean


def resolve(
    engine: Nodes,
    *,
    name: str | None,
    lab: str | None = None,
    works_here: Callable[[str], bool] = lambda _: False,
) -> Cluster:
    """The cluster by its name, or the only one of a lab, or the only one.

    Of several, the one that is worked on here is meant. A cluster for tests or grading is meant
    only where it is named.

    Args:
        engine: knows what runs.
        name: the cluster's.
        lab: its id.
        works_here: by a cluster's name, whether the learner stands in its working folder.

    Raises:
        PrerequisiteMissing: no lab is running, or not this one.
        UsageError: there is no such name, it runs another lab, or several could be meant.
    """
    running = clusters(engine)
    if name is not None and running:
        return _named(running, name, lab)
    running = tuple(one for one in running if one.lab != ANY_LAB)
    if not running:
        raise PrerequisiteMissing(
            "No lab is running.", hint=f"Start one with: labctl up{f' {lab}' if lab else ''}"
        )
    meant = [one for one in running if lab in (None, one.lab)]
    if not meant:
        raise PrerequisiteMissing(
            f"Lab '{lab}' is not running; {_list(running)} is.",
            hint=f"Start it with: labctl up {lab} --name {lab}",
        )
    if len(meant) > 1:
        meant = [one for one in meant if works_here(one.name)] or meant
    if len(meant) > 1:
        raise UsageError(
            f"Several labs are running: {_list(meant)}.",
            hint=f"Go into its working folder, or say which one is meant: --name {meant[0].name}",
        )
    return meant[0]


def _named(running: tuple[Cluster, ...], name: str, lab: str | None) -> Cluster:
    for one in running:
        if one.name == name and (lab in (None, one.lab) or one.lab == ANY_LAB):
            return one
        if one.name == name:
            raise UsageError(f"'{name}' runs lab '{one.lab}', not '{lab}'.")
    known = [one.name for one in running]
    raise UsageError(
        f"No lab runs under the name '{name}'{did_you_mean(name, known) or '.'}",
        hint=f"Running: {_list(running)}",
    )


def _list(running: tuple[Cluster, ...] | list[Cluster]) -> str:
    return ", ".join(f"'{one.name}' ({one.lab})" for one in running)
