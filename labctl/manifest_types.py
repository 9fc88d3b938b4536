"""The words that lab files are made of: names, texts, paths, versions."""

from typing import Annotated, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from labctl.model import RUNTIMES, Runtime
from labctl.suggest import did_you_mean

FALLBACK: Final = "en"


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError("must be versions such as '>=1.32' or '>=1.32,<1.37'") from None
    return text


def _relative(text: str) -> str:
    if text.startswith(("/", "~")) or ".." in text.split("/"):
        raise ValueError("must be a path inside the lab's folder")
    return text


def _titles(value: dict[str, str]) -> dict[str, str]:
    if FALLBACK not in value:
        raise ValueError("has no text in 'en', which is the fall-back")
    return value


def _runtimes(text: str) -> str:
    names = [runtime.value for runtime in RUNTIMES]
    for one in text.split(","):
        if one not in names:
            raise ValueError(f"'{one}' is no runtime{did_you_mean(one, names)}")
    return text


class Model(BaseModel):
    """Unknown keys are refused, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
CheckName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")]
ParamName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Versions = Annotated[str, AfterValidator(_specifier)]
Memory = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi)$")]
Inner = Annotated[str, AfterValidator(_relative)]
Title = Annotated[dict[Language, Text], AfterValidator(_titles)]
Runtimes = Annotated[str, AfterValidator(_runtimes)]
"""As `--runtime` takes them: `containerd`, or `containerd,cri-o`."""


def split(runtimes: str) -> tuple[Runtime, ...]:
    """The runtimes that a `Runtimes` names."""
    return tuple(Runtime(one) for one in runtimes.split(","))


class Misplaced(ValueError):
    """What is wrong between several values of a model, and the place of the one to correct."""

    def __init__(self, text: str, place: tuple[str | int, ...]) -> None:
        super().__init__(text)
        self.place = place


def known_before(entries: list[tuple[str, tuple[str, ...]]], what: str) -> None:
    """Misplaced where a name is there twice, or needs one that does not come before it."""
    seen: list[str] = []
    for number, (name, needs) in enumerate(entries):
        if name in seen:
            raise Misplaced(f"{what}s: {what} '{name}' is there twice", (f"{what}s", number, "id"))
        for place, need in enumerate(needs):
            if need not in seen:
                near = did_you_mean(need, seen)
                raise Misplaced(
                    f"{what}s: '{name}' needs '{need}', which is not before it{near}",
                    (f"{what}s", number, "needs", place),
                )
        seen.append(name)
