"""A course of three small labs, the last two of which need others."""

from pathlib import Path

from tests.lab_factory import LAB, labs

COURSE = """
format: labctl/course/v1
title: {en: A course}
languages: [en]
labs:
  - {id: tiny}
  - {id: other}
  - {id: last, needs: [tiny, other]}
"""
TITLES = {"other": "Another lab", "last": "The last lab"}


def course(folder: Path) -> Path:
    """The folder of its labs."""
    labs(folder, **{"course.yaml": COURSE})
    for number, (name, title) in enumerate(TITLES.items(), start=2):
        text = LAB.replace("id: tiny", f"id: {name}").replace("A tiny lab", title)
        labs(folder / "made", **{"010-tiny/lab.yaml": text.replace(": tiny", f": {name}")})
        (folder / "made/010-tiny").rename(folder / f"0{number}0-{name}")
    return folder
