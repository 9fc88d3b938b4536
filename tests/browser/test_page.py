"""The page in a real browser."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from labctl.results import Evidence
from labctl.serve.words import WORDS
from labctl.snapshot import Outage
from tests.browser.conftest import Shown, enter
from tests.browser.states import BLOCKED, EVERYTHING, FAIL, HOSTILE, PASS, failed, live, mark
from tests.live_fakes import later, report, snapshot

pytestmark = pytest.mark.browser


def test_the_printed_address_opens_the_page_and_the_token_does_not_stay(
    page: Page, shown: Shown
) -> None:
    assert page.url == f"{shown.base}/"
    assert "A tiny lab" in page.title()
    assert page.evaluate("() => document.cookie + document.referrer") == ""
    page.go_back()
    assert shown.keys.token not in page.url


def test_without_the_token_there_is_nothing_to_see(context: BrowserContext, shown: Shown) -> None:
    page = context.new_page()
    for path in ("/", "/?token=wrong", "/events", "/static/live.js"):
        answer = page.goto(shown.base + path)
        assert answer
        assert answer.status == 403
        assert "A tiny lab" not in page.content()


def test_a_page_of_others_that_links_here_gets_in_by_the_whole_address_alone(
    context: BrowserContext, shown: Shown
) -> None:
    page = context.new_page()
    page.route(
        "http://other.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<a id="in" href="{shown.address}">in</a><iframe src="{shown.address}"></iframe>',
        ),
    )
    page.goto("http://other.example/")
    assert not [one for one in page.frames if "A tiny lab" in one.content()]
    page.click("#in")
    page.wait_for_url(f"{shown.base}/")
    expect(page.locator("h1")).to_have_text("A tiny lab")
    page.goto("http://other.example/")
    page.evaluate(f"() => {{ location.href = '{shown.base}/'; }}")
    page.wait_for_url(f"{shown.base}/")
    assert "403" in page.content()  # the cookie is not sent along from another site


def test_a_step_turns_green_by_itself(page: Page, shown: Shown) -> None:
    expect(page.locator(".how")).to_contain_text("first time")
    mark(page, "first", "?")
    shown.hub.publish(snapshot(report(failed(), BLOCKED)))
    mark(page, "first", "FAIL")
    expect(page.locator("[data-checks=first]")).to_contain_text("It is absent")
    expect(page.locator("[data-checks=second]")).to_contain_text("Waits for: One is there")
    expect(page.locator(".next code")).to_have_text("labctl hint first")
    before = page.locator("[data-step=first] .mark").evaluate("e => getComputedStyle(e).color")
    shown.hub.publish(snapshot(report(PASS, FAIL), first={"first": later(60)}))
    mark(page, "first", "PASS")
    expect(page.locator("[data-step=first] .said")).to_contain_text(", holds")
    expect(page.locator("[data-checks=first]")).not_to_contain_text("It is absent")
    page.wait_for_timeout(400)  # the colour's transition
    after = page.locator("[data-step=first] .mark").evaluate("e => getComputedStyle(e).color")
    assert before != after
    shown.hub.publish(snapshot(report(FAIL, FAIL), first={"first": later(60)}))
    expect(page.locator("[data-step=first] .said")).to_contain_text(", no longer")


def test_what_checks_say_is_text_and_nothing_else(page: Page, shown: Shown) -> None:
    shown.hub.publish(snapshot(report(failed(), BLOCKED)))
    live(page)
    box = page.locator("[data-checks=first]")
    box.locator("summary").click()
    for place in (box.locator("p").filter(has_text="It should be"), box.locator("pre")):
        for one in place.all():
            expect(one).to_contain_text(HOSTILE)
    expect(box.locator("b, img, script")).to_have_count(0)


def test_a_change_is_said_to_a_screen_reader_and_the_first_state_is_not(
    page: Page, shown: Shown
) -> None:
    said = page.get_by_role("status")
    expect(said).to_have_attribute("aria-live", "polite")
    shown.hub.publish(snapshot(report(FAIL, BLOCKED)))
    mark(page, "first", "FAIL")
    expect(said).to_have_text("")
    shown.hub.publish(snapshot(report(PASS, BLOCKED)))
    expect(said).to_have_text("Step “The first step”: PASS")


def test_when_all_passes_the_debrief_is_offered(page: Page, shown: Shown) -> None:
    live_done = page.locator(".done")
    expect(live_done).to_be_hidden()
    shown.hub.publish(snapshot(report(PASS, PASS)))
    expect(live_done).to_be_visible()
    expect(page.locator(".next")).to_be_hidden()
    live_done.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("What happened")
    page.get_by_role("link", name="labctl").first.click()
    expect(page.locator("h1")).to_have_text("A tiny lab")


def test_what_is_open_and_where_the_keyboard_is_stays_when_results_change(
    page: Page, shown: Shown
) -> None:
    one = Evidence("Events of Pod a", ("first",))
    shown.hub.publish(snapshot(report(failed(one), BLOCKED)))
    summary = page.locator("[data-checks=first] summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Events of Pod a")).to_be_visible()
    two = Evidence("Events of Pod a", ("first", "second"))
    shown.hub.publish(snapshot(report(failed(two), BLOCKED)))
    expect(page.locator("[data-checks=first] details pre")).to_have_text("first\nsecond")
    expect(page.locator("[data-checks=first] details")).to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_an_outage_is_shown_and_goes_away(page: Page, shown: Shown) -> None:
    outage = Outage("The API server does not answer.", later(1), 9)
    shown.hub.publish(snapshot(report(PASS, FAIL)))
    mark(page, "second", "FAIL")
    shown.hub.publish(snapshot(report(PASS, FAIL), outage=outage))
    mark(page, "second", "?")
    expect(page.locator(".away")).to_contain_text("The API server does not answer.")
    expect(page.locator("[data-checks=second]")).to_be_hidden()
    shown.hub.publish(snapshot(report(PASS, FAIL)))
    mark(page, "second", "FAIL")
    expect(page.locator(".away")).to_be_hidden()


def test_the_end_is_told_with_its_reason(page: Page, shown: Shown) -> None:
    shown.hub.publish(snapshot(report(PASS, FAIL)))
    live(page)
    shown.stop("Lab 'tiny' was removed.")
    expect(page.locator(".away")).to_have_text("labctl serve has ended: Lab 'tiny' was removed.")


def test_a_command_can_be_copied(page: Page, shown: Shown, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.hub.publish(snapshot(report(failed(), BLOCKED)))
    live(page)
    button = page.locator("main .command button").last
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("labctl kubectl -n a-namespace get pods")
    assert not copied.endswith("\n")
    page.locator("[data-checks=first] .command button").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == failed().see[0]
    expect(button).to_have_text("Copy")


def test_the_language_can_be_switched_and_all_of_the_page_follows(page: Page, shown: Shown) -> None:
    shown.hub.publish(snapshot(report(failed(), BLOCKED), first={"first": later(1)}))
    live(page)
    page.get_by_role("link", name="한국어").click()
    expect(page.locator("h1")).to_have_text("작은 실습")
    assert page.locator("html").get_attribute("lang") == "ko"
    mark(page, "first", "실패")
    expect(page.locator("[data-checks=first]")).to_contain_text("없습니다")
    text = page.locator("aside").inner_text()
    english = [WORDS["en"].steps, "passed", "checks pass", "Last look"]
    assert not [word for word in english if word in text]
    page.get_by_role("link", name="English").click()
    mark(page, "first", "FAIL")


def test_no_request_leaves_this_machine_and_nothing_is_refused_or_run(
    context: BrowserContext, shown: Shown
) -> None:
    page = context.new_page()
    asked: list[str] = []
    troubles: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda said: troubles.append(f"{said.text} {said.location}"))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    enter(page, shown)
    for one in EVERYTHING:
        shown.hub.publish(one)
        page.wait_for_timeout(50)
    page.goto(f"{shown.base}/debrief?lang=ko")
    assert {"/static/live.js", "/static/style.css", "/events?lang=en"} <= {
        url.removeprefix(shown.base) for url in asked
    }
    assert [url for url in asked if not url.startswith(f"{shown.base}/")] == []
    assert troubles == []


def test_without_script_the_guide_is_there_and_says_what_is_missing(
    browser: Browser, shown: Shown
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shown.address)
    page.wait_for_url(f"{shown.base}/")
    expect(page.locator("#first")).to_be_visible()
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    assert not [one for one in page.locator("button").all() if one.is_visible()]
    context.close()
