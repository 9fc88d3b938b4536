"""The page as those see it who read it small, in the dark, by ear or by keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from labctl.catalog import Catalog, labs_folder
from tests.browser.conftest import Shown, enter, show
from tests.browser.looking import FOCUSED, REACHABLE, faults, heading_faults, overflow, weak
from tests.browser.states import EVERYTHING, failed, live
from tests.live_fakes import report, snapshot

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_wider_than_the_window(
    browser: Browser, shown: Shown, width: int, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 640}, is_mobile=width < 500, has_touch=width < 500
    )
    page = context.new_page()
    enter(page, shown)
    page.goto(f"{shown.base}/?lang={language}")
    for one in EVERYTHING:
        shown.hub.publish(one)
        page.wait_for_timeout(50)
        page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert overflow(page) == 0
    # As wide as the telephone is, and not a wide page made small.
    assert page.evaluate("() => innerWidth") == width
    page.goto(f"{shown.base}/debrief?lang={language}")
    assert overflow(page) == 0
    assert page.evaluate("() => innerWidth") == width
    context.close()


@pytest.fixture(params=["light", "dark"])
def coloured(request: pytest.FixtureRequest, browser: Browser, shown: Shown) -> Iterator[Page]:
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    enter(page, shown)
    yield page
    context.close()


def test_every_text_has_a_contrast_of_aa(coloured: Page, shown: Shown) -> None:
    for one in EVERYTHING:
        shown.hub.publish(one)
        coloured.wait_for_timeout(100)
        coloured.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        assert weak(coloured) == []


def test_the_dark_is_dark(coloured: Page, request: pytest.FixtureRequest) -> None:
    scheme = request.node.callspec.params["coloured"]
    ground = coloured.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")


def test_motion_is_left_out_where_it_is_not_wanted(coloured: Page, page: Page) -> None:
    moving = "() => [getComputedStyle(document.querySelector('.mark')).transitionDuration, "
    moving += "getComputedStyle(document.documentElement).scrollBehavior]"
    assert coloured.evaluate(moving) == ["0s", "auto"]
    assert page.evaluate(moving) == ["0.3s", "smooth"]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("path", ["/", "/debrief"])
def test_a_screen_reader_finds_its_way(page: Page, shown: Shown, path: str, language: str) -> None:
    page.goto(f"{shown.base}{path}?lang={language}")
    for one in EVERYTHING:
        shown.hub.publish(one)
        page.wait_for_timeout(50)
        assert faults(page) == []
    roles = ("banner", "main", "navigation", *(("complementary",) if path == "/" else ()))
    for role in roles:
        assert page.get_by_role(role).count() == 1, role


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    page: Page, shown: Shown
) -> None:
    shown.hub.publish(snapshot(report(failed(), failed(name="two"))))
    live(page)
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    wanted = page.evaluate(REACHABLE)
    reached = []
    for _ in range(len(wanted) + 1):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused["html"]:
            break
        assert focused["outlined"], focused["html"]
        reached.append(focused["html"])
    assert reached == wanted


def test_the_first_stop_leads_to_the_guide(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_text("Skip to the guide")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_step_s_line_leads_to_its_heading(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 400})
    heading = page.get_by_role("heading", name="The second step")
    expect(heading).not_to_be_in_viewport()
    page.locator("[data-step=second] a").click()
    expect(heading).to_be_in_viewport()


SHIPPED = Catalog(labs_folder(None))


@pytest.mark.parametrize("lab_id", SHIPPED.ids())
def test_the_guides_of_the_course_fit_and_are_in_order(
    context: BrowserContext, lab_id: str
) -> None:
    shown = show(SHIPPED.get(lab_id))
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 640})
    try:
        enter(page, shown)
        for language in SHIPPED.course().languages:
            for path in ("/", "/debrief"):
                page.goto(f"{shown.base}{path}?lang={language}")
                assert overflow(page) == 0, (path, language)
                assert heading_faults(page) == [], (path, language)
                assert faults(page) == [], (path, language)
    finally:
        shown.stop()
