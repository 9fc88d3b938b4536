"""The course as a table and as the document labctl/labs/v1."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from labctl.catalog import Lab

FORMAT: Final = "labctl/labs/v1"
COLUMNS: Final = ("lab", "title", "minutes", "nodes", "memory")


def rows(labs: Iterable[Lab], language: str) -> list[list[str]]:
    """One row a lab, for COLUMNS. The document has all that a lab requires; this fits 80 columns."""
    return [
        [
            lab.id,
            lab.file.title.get(language) or lab.file.title["en"],
            str(lab.file.minutes),
            str(lab.file.requires.nodes),
            lab.file.requires.memory or "-",
        ]
        for lab in labs
    ]


def document(
    labs: Iterable[Lab], needs: Mapping[str, Sequence[str]], title: Mapping[str, str]
) -> dict[str, Any]:
    """The course for programs: titles by language."""
    return {
        "format": FORMAT,
        "title": dict(title),
        "labs": [
            {
                "id": lab.id,
                "title": dict(lab.file.title),
                "minutes": lab.file.minutes,
                "needs": list(needs[lab.id]),
                "requires": lab.file.requires.model_dump(mode="json"),
                "steps": [step.id for step in lab.file.steps],
            }
            for lab in labs
        ],
    }
