"""What messages.<language>.yaml may say."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from labctl.manifest_types import CheckName, Id, Model, Text


class HintText(Model):
    """A hint, and a command that shows what it speaks of."""

    text: Text
    run: str = ""


def _hint(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"text": {"type": "string"}, "run": {"type": "string"}},
            "required": ["text"],
            "additionalProperties": False,
        },
    ]
}
Hint = Annotated[HintText, BeforeValidator(_hint), WithJsonSchema(_SCHEMA)]
"""A text alone, or a text with a command."""


class CodeText(Model):
    """What a learner reads about a code."""

    title: Text
    rationale: Text
    hints: tuple[Hint, ...] = ()


class StepText(Model):
    """What a learner reads about a step."""

    title: Text
    hints: tuple[Hint, ...] = ()


class MessagesFile(Model):
    """messages.<language>.yaml."""

    format: Literal["labctl/messages/v1"]
    codes: dict[Id, CodeText] = Field(default_factory=dict)
    steps: dict[Id, StepText] = Field(default_factory=dict)
    checks: dict[CheckName, Text] = Field(default_factory=dict)
