"""From a YAML file to a model, or to every problem in it with its line and a suggestion."""

from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from labctl.source import Document, Place, Problem, Unreadable, read
from labctl.suggest import did_you_mean

Model = TypeVar("Model", bound=BaseModel)


def load(path: Path, model: type[Model], name: str) -> tuple[Model | None, list[Problem]]:
    """The file as a model; or None and what is wrong. `name` is the file in the messages."""
    try:
        document = read(path)
    except Unreadable as err:
        return None, [Problem(name, err.line, err.text)]
    wrong_format = _format_problem(document, model, name)
    if wrong_format:
        return None, [wrong_format]
    try:
        return model.model_validate(document.data), []
    except ValidationError as err:
        return None, sorted(_problem(document, model, name, dict(one)) for one in err.errors())


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
    later = isinstance(found, str) and found.rpartition("/")[0] == wanted.rpartition("/")[0]
    more = "; a newer labctl may read it" if later else ""
    text = f"format is '{found}', this labctl reads '{wanted}'{more}"
    return Problem(name, document.line(("format",)), text)


def _problem(
    document: Document, model: type[BaseModel], name: str, error: dict[str, Any]
) -> Problem:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    where = _spell(place)
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
