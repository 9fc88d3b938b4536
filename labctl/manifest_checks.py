"""What checks/*.yaml and a mistake's expect.yaml may say."""

from typing import Any, Literal

from pydantic import Field, model_validator

from labctl.manifest_types import CheckName, Id, Model, Text


class ObjectRef(Model):
    """The object that a declared check looks at, in the lab's namespace unless it says otherwise."""

    apiVersion: str  # noqa: N815 - Kubernetes' own word
    kind: str
    name: str
    namespace: str | None = None


class DeclaredCheck(Model):
    """A check in its short form: an object must be there, and match a partial one."""

    name: CheckName
    title: Text
    needs: tuple[CheckName, ...] = ()
    within: float = Field(default=0, ge=0, le=600)
    stable: float = Field(default=0, ge=0, le=600)
    object: ObjectRef
    match: dict[str, Any] = Field(default_factory=dict)
    missing: Id = "missing"
    """The code when the object is not there."""
    code: Id = ""
    """The code when it differs."""
    waiting: bool = False
    """Whether a difference may still go away by itself."""

    @model_validator(mode="after")
    def _code(self) -> "DeclaredCheck":
        if self.match and not self.code:
            raise ValueError("code: what 'match' is told by when it differs is missing")
        return self


class ChecksFile(Model):
    """checks/*.yaml."""

    format: Literal["labctl/checks/v1"]
    checks: tuple[DeclaredCheck, ...] = Field(min_length=1)


class MistakeFile(Model):
    """expect.yaml of a mistake."""

    format: Literal["labctl/mistake/v1"]
    solution: Id = "default"
    step: Id
    check: CheckName
    code: Id
