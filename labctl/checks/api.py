"""The words that a check is written in. A check says codes and values; catalogues have the prose."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from labctl.resource import Resource

Function = TypeVar("Function", bound=Callable[..., Any])

ATTRIBUTE: Final = "__labctl_check__"


class NotPassed(Exception):
    """The learner's work isn't there, or isn't right. Raise one of the three kinds below."""

    def __init__(
        self,
        code: str,
        *,
        expected: Any = None,
        actual: Any = None,
        about: Resource | Iterable[Resource] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.actual = actual
        self.about = _several(about)


class Mismatch(NotPassed):
    """It is there and differs from what the step asks for."""


class Missing(NotPassed):
    """It is not there."""


class NotYet(NotPassed):
    """It is on its way: waiting may be all that it needs."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """How a check is to be run. Seconds."""

    name: str
    title: str
    needs: tuple[str, ...] = ()
    within: float = 0.0
    stable: float = 0.0
    probe: bool = False


@overload
def check(function: Function) -> Function: ...


@overload
def check(
    *,
    needs: Any = (),
    within: float = 0.0,
    stable: float = 0.0,
    probe: bool = False,
) -> Callable[[Function], Function]: ...


def check(
    function: Function | None = None,
    *,
    needs: Any = (),
    within: float = 0.0,
    stable: float = 0.0,
    probe: bool = False,
) -> Function | Callable[[Function], Function]:
    """Make a function a check; its docstring's first line is the title that the learner reads.

    Args:
        function: for `@check` without arguments.
        needs: checks that must pass before, as functions or names; one or several.
        within: seconds in which a check that doesn't pass is asked again.
        stable: seconds that it must go on passing.
        probe: whether it may send traffic to the learner's workload.
    """

    def mark(marked: Function) -> Function:
        title = (marked.__doc__ or marked.__name__).strip().splitlines()[0]
        spec = CheckSpec(marked.__name__, title, _names(needs), within, stable, probe)
        setattr(marked, ATTRIBUTE, spec)
        return marked

    return mark if function is None else mark(function)


def spec_of(function: object) -> CheckSpec | None:
    """How a function is to be run as a check; None for one that is none."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, CheckSpec) else None


def name_of(wanted: object) -> str:
    """A check's name, from the function or the name itself."""
    spec = spec_of(wanted)
    return spec.name if spec else str(wanted)


def _names(needs: Any) -> tuple[str, ...]:
    if isinstance(needs, str) or callable(needs):
        needs = (needs,)
    return tuple(name_of(one) for one in needs)


def _several(about: Resource | Iterable[Resource] | None) -> tuple[Resource, ...]:
    if about is None:
        return ()
    return (about,) if isinstance(about, Resource) else tuple(about)
