"""Sizes and ages for people."""

from datetime import datetime
from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB")
_AGES: Final = ((86400, "day"), (3600, "hour"), (60, "minute"))


def size(count: int) -> str:
    """Bytes as the Docker CLI prints them: `528 MB`."""
    value, unit = float(count), _UNITS[0]
    for larger in _UNITS[1:]:
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"


def age(created: datetime | None, now: datetime) -> str:
    """The time since then in its largest unit: `3 days`."""
    if created is None:
        return "unknown"
    seconds = (now - created).total_seconds()
    for length, unit in _AGES:
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "under a minute"
