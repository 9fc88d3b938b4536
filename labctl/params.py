"""Values that differ from learner to learner, and are the same again from the same seed."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from labctl.manifest import Param

Values = Mapping[str, str | int]
PLACE: Final = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
"""`{{port}}`; a Go template such as `{{.State.Pid}}` is none."""


def chosen(params: Mapping[str, Param], lab: str, seed: int) -> dict[str, str | int]:
    """Each parameter's value for a seed."""
    return {name: _one(param, f"{seed}/{lab}/{name}") for name, param in params.items()}


class Drawn(Mapping[str, str | int]):
    """The values, chosen when one is first looked at: the names alone need no seed."""

    def __init__(self, params: Mapping[str, Param], lab: str, seed: Callable[[], int]) -> None:
        self._params = params
        self._lab = lab
        self._seed = seed

    @cached_property
    def _values(self) -> Values:
        return chosen(self._params, self._lab, self._seed())

    def __getitem__(self, name: str) -> str | int:
        if name not in self._params:
            raise KeyError(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)


def fill_text(text: str, values: Values) -> str:
    """The text with `{{name}}` replaced; names that are no parameter stay as they are."""
    return PLACE.sub(lambda found: str(values.get(found[1], found[0])), text)


def fill(data: Any, values: Values) -> Any:
    """The same for every string in a document. One that is nothing but `{{port}}` keeps its type."""
    if isinstance(data, str):
        whole = PLACE.fullmatch(data)
        return values.get(whole[1], data) if whole else fill_text(data, values)
    if isinstance(data, dict):
        return {fill(key, values): fill(value, values) for key, value in data.items()}
    return [fill(item, values) for item in data] if isinstance(data, list) else data


def _one(param: Param, key: str) -> str | int:
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    if param.range:
        low, high = param.range
        return low + number % (high - low + 1)
    return param.pick[number % len(param.pick)]
