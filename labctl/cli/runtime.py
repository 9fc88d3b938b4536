"""Words for runtimes on the command line."""

from collections.abc import Iterable

from labctl.errors import UsageError
from labctl.model import RUNTIMES, OciRuntime, Runtime
from labctl.ops.wish import HISTORY
from labctl.suggest import did_you_mean


def runtime(value: str, known: Iterable[Runtime] = RUNTIMES) -> Runtime:
    """The runtime of that name; UsageError says which one may have been meant."""
    if value == Runtime.DOCKERSHIM and value not in tuple(known):
        raise UsageError(
            "The dockershim went with Kubernetes 1.24; it runs in the historic cluster alone.",
            hint="Start that with: labctl up --history dockershim",
        )
    return Runtime(_known("runtime", value, known))


def runtimes(value: str | None) -> tuple[Runtime, ...] | None:
    """The runtimes between commas, in the order in which they were given; none may come twice."""
    if value is None:
        return None
    found = tuple(runtime(name.strip()) for name in value.split(","))
    for one in found:
        if found.count(one) > 1:
            raise UsageError(
                f"Runtime '{one}' is named twice.",
                hint="Each is named once; --nodes says how many nodes there are.",
            )
    return found


def oci_runtime(value: str | None) -> OciRuntime | None:
    """The OCI runtime of that name."""
    return None if value is None else OciRuntime(_known("OCI runtime", value, OciRuntime))


def history(value: str | None) -> tuple[Runtime, ...] | None:
    """The runtimes of the historic cluster that is asked for."""
    if value is None:
        return None
    _known("historic cluster", value, [Runtime.DOCKERSHIM])
    return HISTORY


def _known(what: str, value: str, choices: Iterable[str]) -> str:
    known = [str(one) for one in choices]
    if value not in known:
        meant = did_you_mean(value, known)
        raise UsageError(
            f"There is no {what} '{value}'{meant or '.'}", hint=f"Known: {', '.join(known)}."
        )
    return value
