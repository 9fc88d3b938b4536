"""States of the tiny lab with every mark and every text that the page may have."""

from playwright.sync_api import Page, expect

from labctl.results import CheckResult, Evidence, Outcome
from labctl.snapshot import Outage
from tests.live_fakes import later, report, result, snapshot

PASS, FAIL, BLOCKED, WAITING, ERROR = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.BLOCKED,
    Outcome.WAITING,
    Outcome.ERROR,
)
HOSTILE = "<img src=x onerror=alert(1)><b>bold</b><script>alert(2)</script>"
LONG = "a-pod-with-a-long-name-7d4b9c6f5d-x2x4v Warning FailedScheduling: 0/1 nodes are available"


def failed(*evidence: Evidence, name: str = "one") -> CheckResult:
    return result(
        name,
        FAIL,
        expected="one",
        actual=f"{HOSTILE} {LONG * 3}",
        evidence=evidence or (Evidence(f"Events of {HOSTILE}", (LONG * 3, HOSTILE)),),
        see=(f"labctl kubectl get pod '{HOSTILE}' -o yaml -n a-long-namespace",),
    )


EVERYTHING = (
    snapshot(report(failed(), BLOCKED), first={"first": later(1)}),
    snapshot(report(PASS, WAITING), first={"first": later(1)}),
    snapshot(report(PASS, ERROR), first={"first": later(1)}, reason="pods: forbidden"),
    snapshot(report(PASS, PASS), first={"first": later(1), "second": later(2)}),
    snapshot(report(PASS, PASS), outage=Outage("The API server does not answer.", later(1), 9)),
)
"""Every mark and every text that the page may have."""


def live(page: Page) -> None:
    page.wait_for_function("() => document.body.dataset.live === 'yes'")


def mark(page: Page, step: str, text: str) -> None:
    expect(page.locator(f"[data-step={step}] .mark")).to_have_text(text)
