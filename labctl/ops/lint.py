"""`labctl lab lint`: every problem of labs' files. It reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.catalog import Catalog
from labctl.errors import LabInvalid


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, and what is wrong with it."""

    labs: tuple[str, ...]
    problems: tuple[str, ...]


def lint(catalog: Catalog, labs: Sequence[str] = ()) -> Found:
    """Read labs, or the whole course: then also folders that the course does not name.

    Raises:
        UsageError: there is no such lab.
        LabInvalid: course.yaml can't be read.
    """
    known = tuple(labs) or catalog.ids()
    # Of one id in two folders each lab would tell too.
    problems = [] if labs else [str(problem) for problem in catalog.strays()]
    for lab in known:
        try:
            catalog.get(lab)
        except LabInvalid as err:
            problems += err.details
    return Found(known, tuple(dict.fromkeys(problems)))
