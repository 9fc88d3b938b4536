"""Kubernetes objects as plain values: attribute access over what the API server answered."""

from collections.abc import Iterator, Mapping
from typing import Any


class Fields(Mapping[str, Any]):
    """A part of an object: `pod.spec.containers[0].image`. A field that is not there is None.

    Names that a mapping needs for itself (items, keys, values, get) are read as `part["items"]`.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _wrap(self.raw.get(name))

    def __getitem__(self, key: str) -> Any:
        return _wrap(self.raw[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.raw!r})"

    def at(self, path: str, default: Any = None) -> Any:
        """The value under a dotted path, or `default` where any part of it is missing."""
        value: Any = self.raw
        for part in path.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return default
            value = value[part]
        return _wrap(value)


class Resource(Fields):
    """A whole object: its name, kind and labels are at hand."""

    __slots__ = ()

    @property
    def api_version(self) -> str:
        """Group and version, `apps/v1`, or `v1` for the core group."""
        return str(self.raw.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """Deployment, Pod, ..."""
        return str(self.raw.get("kind", ""))

    @property
    def name(self) -> str:
        """metadata.name."""
        return str(self.at("metadata.name", ""))

    @property
    def namespace(self) -> str:
        """metadata.namespace, empty for objects of the whole cluster."""
        return str(self.at("metadata.namespace", ""))

    @property
    def uid(self) -> str:
        """metadata.uid."""
        return str(self.at("metadata.uid", ""))

    @property
    def labels(self) -> dict[str, str]:
        """metadata.labels."""
        return dict(self.at("metadata.labels", None) or {})


def plain(value: Any) -> Any:
    """The same value without wrappers, fit for JSON."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _wrap(value: Any) -> Any:
    if isinstance(value, Fields):
        return value
    if isinstance(value, Mapping):
        return Fields(value)
    if isinstance(value, list | tuple):
        return [_wrap(item) for item in value]
    return value
