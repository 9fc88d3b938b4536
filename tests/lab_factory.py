"""Small labs, written to a folder."""

import textwrap
from pathlib import Path

from labctl.catalog import Catalog, Lab

COURSE = """
format: labctl/course/v1
title: {en: A course}
languages: [en]
labs:
  - {id: tiny}
"""
LAB = """
format: labctl/lab/v1
id: tiny
title: {en: A tiny lab}
minutes: 5
namespace: tiny
steps:
  - {id: first, checks: [one]}
  - {id: second, needs: [first], checks: [two]}
"""
MESSAGES = """
format: labctl/messages/v1
codes:
  absent:
    title: It is absent
    rationale: It should be {expected} and is {actual}.
    hints: [Look for it., Make it.]
steps:
  first: {title: The first step, hints: [A first step hint.]}
  second: {title: The second step}
"""
SECOND = "  second: {title: The second step}\n"
GUIDE = """# A tiny lab

Words before.

## The first step {#first}

Do one.

```sh
# no heading {#second}
```

## The second step {#second}

Do two.
"""
CHECKS = '''
from labctl.checks import Missing, check

@check
def one():
    """One is there"""
    raise Missing("absent", expected="one", actual="nothing")

@check
def two():
    """Two is there"""
'''


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def labs(folder: Path, **changed: str | None) -> Path:
    """A course with one lab; a file is replaced by its name, or left out with None."""
    files: dict[str, str] = {
        "course.yaml": COURSE,
        "010-tiny/lab.yaml": LAB,
        "010-tiny/messages.en.yaml": MESSAGES,
        "010-tiny/README.md": GUIDE,
        "010-tiny/checks/check_all.py": CHECKS,
        "010-tiny/scene/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: start}\n",
        "010-tiny/starter/sub/file.txt": "start\n",
        "010-tiny/solutions/default/first.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: solved}\n"
        ),
        "010-tiny/solutions/default/second.sh": "true\n",
    }
    for name, text in changed.items():
        if text is None:
            del files[name]
        else:
            files[name] = text
    write(folder, files)
    return folder


def tiny(folder: Path, *, lab: str = LAB, checks: str = CHECKS) -> Lab:
    """The tiny lab, read and examined."""
    changed: dict[str, str | None] = {
        "010-tiny/lab.yaml": lab,
        "010-tiny/checks/check_all.py": checks,
    }
    if "second" not in lab:
        changed["010-tiny/messages.en.yaml"] = MESSAGES.replace(SECOND, "")
        changed["010-tiny/solutions/default/second.sh"] = None
    return Catalog(labs(folder, **changed)).get("tiny")
