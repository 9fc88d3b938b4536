"""What course.yaml and lab.yaml may say. Parsed once, at the edge; frozen inside."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from labctl.manifest_types import (
    FALLBACK,
    CheckName,
    Id,
    Inner,
    Language,
    Memory,
    Misplaced,
    Model,
    ParamName,
    Runtimes,
    Title,
    Versions,
    known_before,
)
from labctl.model import RUNTIMES, Runtime


class CourseEntry(Model):
    """A lab's place in a course."""

    id: Id
    needs: tuple[Id, ...] = ()


class CourseFile(Model):
    """course.yaml."""

    format: Literal["labctl/course/v1"]
    title: Title
    languages: tuple[Language, ...] = Field(min_length=1)
    labs: tuple[CourseEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "CourseFile":
        if FALLBACK not in self.languages:
            text = "languages: 'en' must be among them, it is the fall-back"
            raise Misplaced(text, ("languages",))
        known_before([(lab.id, lab.needs) for lab in self.labs], "lab")
        return self


class Requires(Model):
    """What a machine or cluster must have. An unmet one is a skip, not a failure."""

    kubernetes: Versions = ""
    runtimes: tuple[Runtime, ...] = ()
    """Each node's runtime must be one of these."""
    nodes: int = Field(default=1, ge=1, le=9)
    memory: Memory | None = None


class Shape(Model):
    """The cluster that `labctl up LAB` makes where no option says otherwise."""

    runtimes: tuple[Runtime, ...] = ()
    nodes: int | None = Field(default=None, ge=1, le=9)
    history: Literal["dockershim"] | None = None
    workers_may_stop: bool = False
    """Whether stopping a worker belongs to the lab: then a stopped one is no error of the machine."""

    @model_validator(mode="after")
    def _possible(self) -> "Shape":
        if self.history and (self.runtimes or self.nodes):
            raise ValueError("'history' says which runtimes and nodes there are")
        if any(one not in RUNTIMES for one in self.runtimes):
            raise ValueError("runtimes: the dockershim is had by 'history: dockershim'")
        workers = (self.nodes or 9) - 1
        if len(self.runtimes) > 1 and workers < len(self.runtimes):
            raise ValueError(f"nodes: {len(self.runtimes)} runtimes need as many workers")
        return self


class Image(Model):
    """An image that `up` builds and loads."""

    build: Inner
    tag: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/:-]*:[\w][\w.-]*$")]


class Param(Model):
    """A value that each learner's seed chooses: one of some words, or a number of a range."""

    pick: tuple[str, ...] = ()
    range: tuple[int, int] | None = None
    """Both ends are in it."""

    @model_validator(mode="after")
    def _one_way(self) -> "Param":
        if bool(self.pick) == bool(self.range):
            raise ValueError("must have either 'pick: [a, b]' or 'range: [low, high]'")
        if self.range and self.range[0] > self.range[1]:
            raise ValueError("range: the first number must be the lower one")
        return self


class Scene(Model):
    """What must be true of the starting state before a learner begins."""

    checks: tuple[CheckName, ...] = ()


class Step(Model):
    """A part of the lab, done when its checks pass."""

    id: Id
    needs: tuple[Id, ...] = ()
    checks: tuple[CheckName, ...] = Field(min_length=1)


class Matrix(Model):
    """What a lab is proved against."""

    kubernetes: tuple[Annotated[str, StringConstraints(pattern=r"^1\.\d+(\.\d+)?$")], ...] = ()
    runtime: tuple[Runtimes, ...] = ()


class Ci(Model):
    """How a lab is proved."""

    matrix: Matrix = Matrix()
    hold_seconds: int = Field(default=20, ge=0, le=600)


class LabFile(Model):
    """lab.yaml."""

    format: Literal["labctl/lab/v1"]
    id: Id
    title: Title
    minutes: int = Field(ge=1, le=600)
    namespace: Id
    requires: Requires = Requires()
    cluster: Shape = Shape()
    images: tuple[Image, ...] = ()
    params: dict[ParamName, Param] = Field(default_factory=dict)
    scene: Scene = Scene()
    reset: Literal["namespace", "cluster"] = "namespace"
    steps: tuple[Step, ...] = Field(min_length=1)
    ci: Ci = Ci()

    @model_validator(mode="after")
    def _in_order(self) -> "LabFile":
        if self.namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
            text = f"namespace: '{self.namespace}' belongs to Kubernetes, take another"
            raise Misplaced(text, ("namespace",))
        known_before([(step.id, step.needs) for step in self.steps], "step")
        seen = set(self.scene.checks)
        for number, step in enumerate(self.steps):
            for place, name in enumerate(step.checks):
                if name in seen:
                    text = f"steps: check '{name}' is there twice"
                    raise Misplaced(text, ("steps", number, "checks", place))
                seen.add(name)
        return self

    @property
    def checks(self) -> tuple[str, ...]:
        """Every check's name: the scene's, then the steps' in order."""
        return (*self.scene.checks, *(name for step in self.steps for name in step.checks))
