"""A snapshot in one language, as the page takes it: the document labctl/live/v1."""

from typing import Any, Final

from labctl.results import Outcome, Report
from labctl.serve.words import Words
from labctl.snapshot import How, Snapshot, StepNow
from labctl.texts import Texts
from labctl.ui import results
from labctl.ui.live import moment
from labctl.ui.words import title

FORMAT: Final = "labctl/live/v1"


def document(
    snapshot: Snapshot, texts: Texts, titles: dict[str, str], words: Words
) -> dict[str, Any]:
    """Everything in sentences, so that the page has none to make."""
    report = snapshot.report
    return {
        "format": FORMAT,
        "passed": snapshot.passed,
        "known": report is not None and snapshot.outage is None,
        "summary": _summary(report, words) if report and not snapshot.outage else "",
        "how": _how(snapshot, words),
        "away": _away(snapshot, words),
        "steps": [_step(step, snapshot, texts, titles, words) for step in snapshot.steps],
    }


def said(step: StepNow, snapshot: Snapshot, words: Words) -> str:
    """Both truths about a step; nothing where it never passed."""
    if step.first_passed is None:
        return ""
    template = {True: words.holds, False: words.no_longer, None: words.now_unknown}[step.holds]
    return template.format(at=moment(step.first_passed, snapshot.at))


def _summary(report: Report, words: Words) -> str:
    passed = sum(check.outcome is Outcome.PASS for check in report.checks)
    return words.summary.format(passed=passed, all=len(report.checks))


def _how(snapshot: Snapshot, words: Words) -> str:
    if snapshot.outage:
        return ""
    at = moment(snapshot.at, snapshot.at)
    if snapshot.how is How.WATCH:
        return words.watched.format(at=at)
    return words.polled.format(reason=_sentence(snapshot.reason), at=at)


def _away(snapshot: Snapshot, words: Words) -> str:
    if snapshot.outage is None:
        return ""
    since = moment(snapshot.outage.since, snapshot.at)
    return words.away.format(reason=_sentence(snapshot.outage.reason), since=since)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _step(
    step: StepNow, snapshot: Snapshot, texts: Texts, titles: dict[str, str], words: Words
) -> dict[str, Any]:
    known = snapshot.report is not None and snapshot.outage is None
    return {
        "id": step.id,
        "title": texts.step_title(step.id),
        "outcome": step.outcome.value if known else "unknown",
        "mark": words.marks[step.outcome] if known else words.unknown,
        "said": said(step, snapshot, words),
        "checks": _checks(step.id, snapshot.report, texts, titles, words) if known else [],
    }


def _checks(
    step: str, report: Report | None, texts: Texts, titles: dict[str, str], words: Words
) -> list[dict[str, Any]]:
    if report is None:
        return []
    steps = results.document(report, texts, titles)["steps"]
    found = (check for one in steps if one["id"] == step for check in one["checks"])
    return [_check(check, titles, words, texts.language) for check in found]


def _check(
    check: dict[str, Any], titles: dict[str, str], words: Words, language: str
) -> dict[str, Any]:
    failure, blocker = check["failure"], check["blocked_by"]
    texts = [failure["title"], failure["rationale"]] if failure else []
    if blocker:
        texts.append(words.blocked.format(title=titles.get(blocker, blocker)))
    if check["error"]:
        texts.append(check["error"]["message"])
    return {
        "name": check["name"],
        "title": check["title"],
        "outcome": check["outcome"],
        "mark": words.marks[Outcome(check["outcome"])],
        "texts": texts,
        "evidence": [{**one, "title": title(language, one["title"])} for one in check["evidence"]],
        "see": check["see"][-results.MOST_COMMANDS :] if failure else [],
    }
