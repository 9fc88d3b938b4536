"""Markdown for the page of a CI job: what GitHub shows of GITHUB_STEP_SUMMARY."""

import re
from collections.abc import Sequence
from typing import Final

from labctl.results import CheckResult, Report
from labctl.texts import Texts, values

MOST: Final = 300
"""Characters of a cell: a table is for a look, the whole text is in the log."""
MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@-])")


def step_summary(report: Report, texts: Texts, titles: dict[str, str]) -> str:
    """The report as a heading and a table."""
    checks = report.checks
    passed = sum(check.outcome.value == "pass" for check in checks)
    rows = [
        (
            step.id,
            titles.get(check.name, check.title),
            check.outcome.value,
            _why(check, texts, titles),
        )
        for step in report.steps
        for check in step.checks
    ]
    heading = f"Lab {report.lab}: {passed} of {len(checks)} checks pass"
    return table(heading, ("Step", "Check", "Outcome", "Why"), rows)


def table(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A heading and a table, with everything in the cells taken as plain text."""
    lines = [f"### {escaped(heading)}", "", _row(columns), _row(["---"] * len(columns))]
    lines += [_row([escaped(cell) for cell in row]) for row in rows]
    return "\n".join([*lines, "", ""])


def escaped(text: str) -> str:
    """A text of one line that Markdown shows as it is: no markup, no link, no mention."""
    plain = " ".join(text.split())
    if len(plain) > MOST:
        plain = f"{plain[: MOST - 3]}..."
    # As references, since a backslash does not stop a mention and does not go into a table's code.
    return MARKDOWN.sub(lambda found: f"&#{ord(found[1])};", plain)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _why(check: CheckResult, texts: Texts, titles: dict[str, str]) -> str:
    if check.blocked_by:
        return f"Waits for: {titles.get(check.blocked_by, check.blocked_by)}"
    if check.code:
        found = values(check)
        return f"{texts.title(check.code, found)}. {texts.rationale(check.code, found)}"
    return check.message
