"""What a lab's YAML files may say. Parsed once, at the edge; frozen inside."""

from typing import Annotated, Final, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from labctl.model import Runtime

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


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
CheckName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Versions = Annotated[str, AfterValidator(_specifier)]
Memory = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi)$")]
Inner = Annotated[str, AfterValidator(_relative)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _titles(value: dict[str, str]) -> dict[str, str]:
    if FALLBACK not in value:
        raise ValueError("has no text in 'en', which is the fall-back")
    return value


Title = Annotated[dict[Language, Text], AfterValidator(_titles)]


class CourseEntry(_Model):
    """A lab's place in a course."""

    id: Id
    needs: tuple[Id, ...] = ()


class CourseFile(_Model):
    """course.yaml."""

    format: Literal["labctl/course/v1"]
    title: Title
    languages: tuple[Language, ...] = Field(min_length=1)
    labs: tuple[CourseEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "CourseFile":
        if FALLBACK not in self.languages:
            raise ValueError("languages: 'en' must be among them, it is the fall-back")
        _known_before([(lab.id, lab.needs) for lab in self.labs], "lab")
        return self


class Requires(_Model):
    """What a machine or cluster must have. An unmet one is a skip, not a failure."""

    kubernetes: Versions = ""
    runtimes: tuple[Runtime, ...] = ()
    nodes: int = Field(default=1, ge=1, le=9)
    memory: Memory | None = None


class Image(_Model):
    """An image that `up` builds and loads."""

    build: Inner
    tag: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/:-]*:[\w][\w.-]*$")]


class Step(_Model):
    """A part of the lab, done when its checks pass."""

    id: Id
    needs: tuple[Id, ...] = ()
    checks: tuple[CheckName, ...] = Field(min_length=1)


class Matrix(_Model):
    """What a lab is proved against."""

    kubernetes: tuple[str, ...] = ()
    runtime: tuple[Runtime, ...] = ()


class Ci(_Model):
    """How a lab is proved."""

    matrix: Matrix = Matrix()
    hold_seconds: int = Field(default=20, ge=0, le=600)


class LabFile(_Model):
    """lab.yaml."""

    format: Literal["labctl/lab/v1"]
    id: Id
    title: Title
    minutes: int = Field(ge=1, le=600)
    namespace: Id
    requires: Requires = Requires()
    images: tuple[Image, ...] = ()
    reset: Literal["namespace", "cluster"] = "namespace"
    steps: tuple[Step, ...] = Field(min_length=1)
    ci: Ci = Ci()

    @model_validator(mode="after")
    def _in_order(self) -> "LabFile":
        if self.namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
            raise ValueError(f"namespace: '{self.namespace}' belongs to Kubernetes, take another")
        _known_before([(step.id, step.needs) for step in self.steps], "step")
        names = [name for step in self.steps for name in step.checks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"steps: check '{twice[0]}' is there twice")
        return self


class CodeText(_Model):
    """What a learner reads about a code."""

    title: Text
    rationale: Text
    hints: tuple[Text, ...] = ()


class StepText(_Model):
    """What a learner reads about a step."""

    title: Text
    hints: tuple[Text, ...] = ()


class MessagesFile(_Model):
    """messages.<language>.yaml."""

    format: Literal["labctl/messages/v1"]
    codes: dict[Id, CodeText] = {}
    steps: dict[Id, StepText] = {}
    checks: dict[CheckName, Text] = {}


class MistakeFile(_Model):
    """expect.yaml of a mistake."""

    format: Literal["labctl/mistake/v1"]
    solution: Id = "default"
    step: Id
    check: CheckName
    code: Id


def _known_before(entries: list[tuple[str, tuple[str, ...]]], what: str) -> None:
    seen: list[str] = []
    for name, needs in entries:
        if name in seen:
            raise ValueError(f"{what}s: {what} '{name}' is there twice")
        for need in needs:
            if need not in seen:
                raise ValueError(f"{what}s: '{name}' needs '{need}', which is not before it")
        seen.append(name)
