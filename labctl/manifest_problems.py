"""From a YAML file to a model, or to every problem in it with its line and a suggestion."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from labctl.formats import refusal
from labctl.manifest_types import Misplaced
from labctl.source import Document, Place, Problem, Unreadable, read
from labctl.suggest import did_you_mean

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A file as its model, and as the document that has the lines; either may be missing."""

    name: str
    """The file in messages."""
    model: Model | None = None
    document: Document | None = None
    """None where nothing in it can be read as this format."""
    problems: tuple[Problem, ...] = ()

    def problem(self, place: Place, text: str) -> Problem:
        """Something wrong at a place, or close to it where the file doesn't have it."""
        return Problem(self.name, self.document.line(place) if self.document else 0, text)

    def value(self, *place: str | int) -> Any:
        """What stands at a place of the document; None where nothing does."""
        found = self.document.data if self.document else None
        for part in place:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found


def load(path: Path, model: type[Model], name: str) -> tuple[Model | None, list[Problem]]:
    """The file as a model; or None and what is wrong. `name` is the file in the messages."""
    loaded = load_with(partial(read, path), model, name)
    return loaded.model, list(loaded.problems)


def load_with(reader: Callable[[], Document], model: type[Model], name: str) -> Loaded[Model]:
    """What a reader gives, or raises as Unreadable, as a model."""
    try:
        document = reader()
    except Unreadable as err:
        return Loaded(name, problems=(Problem(name, err.line, err.text),))
    wrong_format = _format_problem(document, model, name)
    if wrong_format:
        return Loaded(name, problems=(wrong_format,))
    try:
        return Loaded(name, model.model_validate(document.data), document)
    except ValidationError as err:
        problems = sorted(_problem(document, model, name, dict(one)) for one in err.errors())
        return Loaded(name, None, document, tuple(problems))


def _format_problem(document: Document, model: type[BaseModel], name: str) -> Problem | None:
    """The format is read first: a file of a later format gets one message, not fifty."""
    wanted = str(get_args(model.model_fields["format"].annotation)[0])
    if not isinstance(document.data, dict):
        return Problem(name, 1, f"must be keys and values that begin with 'format: {wanted}'")
    found = document.data.get("format")
    if found == wanted:
        return None
    if found is None:
        return Problem(name, 1, f"has no 'format:', expected 'format: {wanted}'")
    return Problem(name, document.line(("format",)), refusal(found, wanted))


def _problem(
    document: Document, model: type[BaseModel], name: str, error: dict[str, Any]
) -> Problem:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    where = _spell(place)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Misplaced):  # its text says where
        return Problem(name, document.line((*place, *cause.place)), str(cause))
    kind, message = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        text = f"{where}: unknown key{did_you_mean(str(place[-1]), _keys(model, place[:-1]))}"
    elif kind == "missing":
        text = f"{where}: is missing"
    else:
        said = message.removeprefix("Value error, ")
        text = f"{where}: {said[:1].lower()}{said[1:]}" if where else said
        if kind in ("enum", "literal_error", "string_pattern_mismatch"):
            text += f", not '{error['input']}'"
    return Problem(name, document.line(place), text)


def _spell(place: Place) -> str:
    """`steps[0].checks`."""
    spelled = ""
    for part in place:
        spelled += f"[{part}]" if isinstance(part, int) else f".{part}" if spelled else str(part)
    return spelled


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that the model knows at a place; none where any key will do."""
    current: Any = model
    for part in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        else:  # tuple[Model, ...] or dict[str, Model]
            current = next((one for one in reversed(get_args(current)) if one is not ...), None)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []
