"""A browser without a window, and the page that it opens: real files and server, a lab without checks."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from labctl.catalog import Lab
from labctl.serve.gate import Keys
from labctl.serve.hub import Ended, Hub
from labctl.serve.server import bind, serving
from labctl.serve.site import Site
from tests.two_languages import both

PROGRAMS = ("chromium", "google-chrome", "chromium-browser")
WIDE = """
## More {#more}

| a wide table | with many columns | that do not fit | on a telephone | at all |
| --- | --- | --- | --- | --- |
| aaaaaaaaaaaaaaaa | bbbbbbbbbbbbbbbbb | ccccccccccccccccc | ddddddddddddddddd | eeeeeeeee |

`a_name_without_any_blank_in_it_that_is_much_longer_than_a_telephone_is_wide_0123456789`

```sh
labctl kubectl -n a-namespace get pods -o wide --selector app=something-with-a-long-name --watch
```

[A link that leads out](https://example.org/) and [one that does not](#first).

### A part of it

> Quoted, with **strong** and *soft* words.

1. One
2. Two
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium of the system: playwright's own one would be fetched from elsewhere."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None and shutil.which("apt-get") is None:
        pytest.skip("there is no Chromium, and no apt-get to install it")
    assert program, "there is no Chromium: run make browser"
    with sync_playwright() as playwright:
        # The sandbox needs rights that a container has not; the pages are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Shown:
    """A lab's page that is served, and what a test tells it."""

    hub: Hub
    keys: Keys
    port: int
    stack: ExitStack
    stopped: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.base}/?token={self.keys.token}"

    def stop(self, reason: str = "Ctrl-C") -> None:
        self.hub.publish(Ended(reason))
        self.stack.close()


def show(lab: Lab) -> Shown:
    """Serve a lab's page until it is stopped."""
    listener, hub, keys, stack = bind(None), Hub(), Keys(), ExitStack()
    port = listener.getsockname()[1]
    pages = Site(lab, lab.id, "en", hub).app(keys, port)
    stack.enter_context(serving(pages, listener, died=lambda: None))
    return Shown(hub, keys, port, stack)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return both(tmp_path, more=WIDE)


@pytest.fixture
def shown(lab: Lab) -> Iterator[Shown]:
    shown = show(lab)
    yield shown
    shown.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, shown: Shown) -> Page:
    """The page, opened by its printed address."""
    page = context.new_page()
    enter(page, shown)
    return page


def enter(page: Page, shown: Shown) -> None:
    """Open the printed address, and wait for the page behind it."""
    page.goto(shown.address)
    page.wait_for_url(f"{shown.base}/")
    page.wait_for_load_state("load")
