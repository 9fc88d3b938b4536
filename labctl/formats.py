"""`labctl/<what>/v<number>`, the first thing that is read of every file: which labctl can read it."""

import re
from typing import Final

from labctl.suggest import did_you_mean

UPDATE: Final = "Update labctl"
VERSION: Final = re.compile(r"(labctl/[a-z-]+/v)([1-9][0-9]{0,8})")


def is_later(found: object, wanted: str) -> bool:
    """Whether a format is the wanted one with a higher number, which only a later labctl can read."""
    one = VERSION.fullmatch(found) if isinstance(found, str) else None
    other = VERSION.fullmatch(wanted)
    return bool(one and other and one[1] == other[1] and int(one[2]) > int(other[2]))


def refusal(found: object, wanted: str) -> str:
    """What is wrong with a format that is not the wanted one."""
    if is_later(found, wanted):
        return f"{UPDATE}: this one reads '{wanted}', and the format is '{found}'"
    near = did_you_mean(found, [wanted]) if isinstance(found, str) else ""
    return f"format: there is no '{found}' here, expected '{wanted}'{near}"
