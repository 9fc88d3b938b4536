"""The page's addresses: who gets in, what is sent, and what a lab's text can't do."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from labctl.catalog import Catalog
from labctl.errors import UsageError
from labctl.results import Outcome
from labctl.serve.gate import ONCE, Keys
from labctl.serve.hub import Ended, Hub, News
from labctl.serve.server import bind
from labctl.serve.site import Site
from labctl.serve.words import KOREAN, WORDS
from labctl.snapshot import Outage
from tests.lab_factory import GUIDE, labs
from tests.live_fakes import later, report, result, snapshot
from tests.two_languages import both

PORT = 4321
BASE = f"http://127.0.0.1:{PORT}"
FAILED = report(Outcome.FAIL, Outcome.BLOCKED)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(both(tmp_path), "tiny", "en", Hub())


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def stranger(site: Site, keys: Keys) -> TestClient:
    return TestClient(site.app(keys, PORT), base_url=BASE, follow_redirects=False)


@pytest.fixture
def client(stranger: TestClient, keys: Keys) -> TestClient:
    """One that has opened the printed address."""
    assert stranger.get("/", params={"token": keys.token}).status_code == 200
    return stranger


@pytest.mark.parametrize("path", ["/", "/events", "/debrief", "/static/style.css", "/nothing"])
def test_without_the_token_everything_is_refused(stranger: TestClient, path: str) -> None:
    for address in (path, f"{path}?token=wrong", f"{path}?token="):
        answer = stranger.get(address)
        assert answer.status_code == 403
        assert "labctl serve" in answer.text
        assert "tiny" not in answer.text
    assert not stranger.cookies


def test_the_token_becomes_a_cookie_and_leaves_the_address(
    stranger: TestClient, keys: Keys
) -> None:
    answer = stranger.get("/", params={"token": keys.token})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"labctl-{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert keys.token not in cookie
    assert '<meta http-equiv="refresh" content="0; url=/">' in answer.text
    assert stranger.get("/").status_code == 200
    assert len(keys.token) >= 40
    assert Keys().token != keys.token


def test_a_cookie_of_another_run_is_refused(stranger: TestClient) -> None:
    stranger.cookies.set(f"labctl-{PORT}", Keys().cookie)
    assert stranger.get("/").status_code == 403


def test_the_token_is_for_the_first_page_alone(stranger: TestClient, keys: Keys) -> None:
    assert stranger.get("/events", params={"token": keys.token}).status_code == 403


def test_a_token_for_one_use_is_good_once_and_not_for_long() -> None:
    now = [0.0]
    keys = Keys(now=lambda: now[0])
    first, second = keys.once(), keys.once()
    assert keys.admits(first)
    assert not keys.admits(first)
    now[0] = ONCE + 1
    assert not keys.admits(second)
    assert keys.admits(keys.token)
    assert keys.admits(keys.token)


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""]
)
def test_another_host_name_is_refused_even_with_the_cookie(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert client.get("/", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    for path in ("/", "/events", "/static/live.js"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.text) == (405, "405: there is nothing to change here.\n")


@pytest.mark.parametrize("path", ["/", "/static/live.js", "/nothing"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    for answer in (client.get(path), client.get(path, headers={"Host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_files_outside_the_static_folder_are_not_served(client: TestClient) -> None:
    for path in ("/static/../site.py", "/static/%2e%2e/site.py", "/static/", "/static/../../x"):
        assert client.get(path).status_code in (404, 405)


def test_the_page_has_the_guide_and_a_place_for_each_step(client: TestClient) -> None:
    page = client.get("/").text
    assert '<html lang="en">' in page
    assert page.count("<h1>A tiny lab</h1>") == page.count("<h1") == 1
    assert '<h2 id="first">The first step</h2>' in page
    assert "{#" not in page.replace("# no heading {#second}", "")
    for step in ("first", "second"):
        assert f'data-step="{step}"' in page
        assert f'data-checks="{step}"' in page
    assert page.index('data-checks="first"') < page.index('id="second"')
    assert 'href="/?lang=ko" lang="ko"' in page
    assert "<style" not in page
    assert "javascript" not in page.lower().replace("needs javascript", "")
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/live.js" defer>']


def test_the_page_is_korean_where_it_is_asked_for(client: TestClient) -> None:
    page = client.get("/?lang=ko").text
    assert '<html lang="ko">' in page
    assert "<h1>작은 실습</h1>" in page
    assert KOREAN.steps in page
    assert "첫 단계" in page
    assert 'data-events="/events?lang=ko"' in page
    assert 'lang="ko" hreflang="ko" aria-current="true"' in page
    assert '<html lang="en">' in client.get("/?lang=xx").text


def test_the_debrief_is_a_page_of_its_own(client: TestClient) -> None:
    page = client.get("/debrief").text
    assert "<h1>What happened</h1>" in page
    assert "<em>worked</em>" in page


def test_words_are_there_in_every_language() -> None:
    for own in WORDS.values():
        for name in own.__dataclass_fields__:
            assert getattr(own, name), name
        assert set(own.marks) == set(Outcome)
    english, korean = WORDS["en"], WORDS["ko"]
    for name in english.__dataclass_fields__:
        if name != "marks":
            holes = [sorted(re.findall(r"{\w+}", getattr(one, name))) for one in (english, korean)]
            assert holes[0] == holes[1], name


# The stream


def events(text: str) -> list[tuple[str, Any]]:
    """Events of a stream, as a browser would take it apart."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_the_stream_has_the_newest_state_and_then_the_end(
    client: TestClient, site: Site, keys: Keys
) -> None:
    site.hub.publish(snapshot(FAILED))
    site.hub.publish(Ended("Ctrl-C"))
    answer = client.get("/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith("retry: ")
    assert events(answer.text) == [("end", {"reason": "Ctrl-C"})]


def frames(site: Site, *news: News, language: str = "en") -> list[tuple[str, Any]]:
    return events("".join(site._event(one, language) for one in news))


def test_a_state_is_said_in_sentences(site: Site) -> None:
    failed = result("one", Outcome.FAIL, expected="one", actual="none", see=("a", "b", "c", "d"))
    seen = snapshot(report(failed, Outcome.BLOCKED), first={"first": later(0)})
    ((kind, state),) = frames(site, seen)
    assert kind == "state"
    assert state["format"] == "labctl/live/v1"
    assert (state["passed"], state["known"]) == (False, True)
    first, second = state["steps"]
    assert (first["title"], first["mark"], first["outcome"]) == ("The first step", "FAIL", "fail")
    assert first["said"].endswith(", no longer")
    (check,) = first["checks"]
    assert check["title"] == "One is there"
    assert check["texts"] == ["It is absent", "It should be one and is none."]
    assert check["see"] == ["b", "c", "d"]
    assert second["checks"][0]["texts"] == ["Waits for: One is there"]
    assert state["summary"] == "0 of 2 checks pass."
    assert "Last look" in state["how"]


def test_a_state_is_said_in_korean(site: Site) -> None:
    ((_, state),) = frames(site, snapshot(FAILED, first={"first": later(0)}), language="ko")
    assert state["steps"][0]["title"] == "첫 단계"
    assert state["steps"][0]["mark"] == "실패"
    assert state["steps"][0]["said"].endswith("통과, 지금은 아님")
    assert state["steps"][0]["checks"][0]["texts"][0] == "없습니다"
    assert state["summary"] == "검사 2개 중 0개가 통과했습니다."


def test_in_an_outage_no_step_passes_or_fails(site: Site) -> None:
    outage = Outage("The API server does not answer.", later(1), 30)
    ((_, state),) = frames(site, snapshot(report(Outcome.PASS, Outcome.FAIL), outage=outage))
    assert state["away"].startswith("The API server does not answer. So it is since ")
    assert {step["outcome"] for step in state["steps"]} == {"unknown"}
    assert [step["checks"] for step in state["steps"]] == [[], []]
    assert (state["summary"], state["how"], state["known"]) == ("", "", False)


def test_before_the_first_look_an_outage_is_shown_too(site: Site) -> None:
    ((_, state),) = frames(site, snapshot(None, outage=Outage("Away.", later(1), 30)))
    assert {step["mark"] for step in state["steps"]} == {"?"}


def test_an_error_is_an_error_with_its_message(site: Site) -> None:
    ((_, state),) = frames(site, snapshot(report(Outcome.PASS, Outcome.ERROR)))
    assert state["steps"][1]["mark"] == "ERROR"
    assert state["steps"][1]["checks"][0]["texts"] == ["It broke."]


def test_why_it_polls_is_said(site: Site) -> None:
    ((_, state),) = frames(site, snapshot(FAILED, reason="pods: forbidden"))
    assert "pods: forbidden." in state["how"]


def test_a_frame_is_one_line_whatever_is_in_it(site: Site) -> None:
    odd = result("one", Outcome.FAIL, actual="a\nevent: end\ndata: {}\r\n\n\u2028x", expected="é")
    text = site._event(snapshot(report(odd, Outcome.BLOCKED)), "en")
    assert len(text.splitlines()) == 3
    assert [kind for kind, _ in events(text)] == ["state"]


def test_silence_is_broken_by_a_comment(site: Site) -> None:
    assert site._event(None, "en").startswith(": ")
    assert events(site._event(None, "en")) == []


async def _take(stream: AsyncIterator[News | None], count: int) -> list[News | None]:
    return [await anext(stream) for _ in range(count)]


def test_readers_get_the_newest_at_once_then_each_newer_one_and_silence_in_between() -> None:
    hub, one, two = Hub(), snapshot(FAILED), snapshot(report(Outcome.PASS, Outcome.PASS))
    hub.publish(snapshot(None))
    hub.publish(one)

    async def read() -> None:
        stream = hub.follow(0.01)
        assert await _take(stream, 3) == [one, None, None]
        await asyncio.to_thread(hub.publish, two)
        assert await anext(stream) is two
        hub.publish(Ended("x"))
        hub.publish(one)
        assert await anext(stream) == Ended("x")
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        assert not hub._readers

    asyncio.run(read())


def test_a_reader_whose_loop_is_closed_keeps_nobody_from_publishing() -> None:
    hub, loop = Hub(), asyncio.new_event_loop()
    hub._readers.add((loop, asyncio.Event()))
    loop.close()
    hub.publish(snapshot(FAILED))


# The guide's text


def page_with(tmp_path: Path, guide: str) -> str:
    folder = labs(tmp_path, **{"010-tiny/README.md": GUIDE + guide})
    site, keys = Site(Catalog(folder).get("tiny"), "tiny", "en", Hub()), Keys()
    client = TestClient(site.app(keys, PORT), base_url=BASE)
    client.get("/", params={"token": keys.token})
    return client.get("/").text


HOSTILE = """
<script>alert(1)</script>

<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](data:text/html,x) ![c](http://evil/c.png)

[d](https://example.org/?a=1&b="x") [e](#first) [f](app/server.py) [g](//evil/x) <b>bold</b>

```sh run
echo "<script>" && true
```

```text
plain </code></pre><script>alert(1)</script>
```

# A second title

| a | b |
| - | - |
| 1 | 2 |
"""


def test_a_guide_s_own_html_and_scripts_are_text(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/live.js" defer>']
    assert "<img" not in page
    assert "<b>" not in page
    assert not re.findall(r"<[^>]*\son\w+=", page)
    assert not re.findall(r'(?:href|src)="(?!/|#|https://example)', page)
    assert "evil" not in "".join(re.findall(r'(?:href|src)="[^"]*"', page))
    assert page.count("<h1") == 1


def test_links_lead_out_safely_and_files_of_the_lab_are_no_links(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert 'target="_blank" rel="noopener noreferrer">d<span' in page
    assert '<a href="#first">e</a>' in page
    assert '<span class="file">f</span>' in page
    assert '<span class="file">g</span>' in page


def test_commands_have_a_button_and_other_blocks_do_not(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    command = (
        '<div class="command"><pre tabindex="0"><code>echo &quot;&lt;script&gt;&quot; &amp;&amp; '
        "true\n</code></pre><button"
    )
    assert command in page
    assert "<code>plain &lt;/code&gt;" in page
    assert page.count('class="copy"') == 3  # the hint's, and one for each block of commands


def test_a_wide_table_scrolls_by_itself(tmp_path: Path) -> None:
    page = page_with(tmp_path, HOSTILE)
    assert '<div class="wide" tabindex="0"><table>' in page


def test_a_title_with_html_in_it_is_text(tmp_path: Path) -> None:
    folder = labs(tmp_path, **{"010-tiny/README.md": GUIDE.replace("A tiny lab", "A <b> & `x`")})
    site, keys = Site(Catalog(folder).get("tiny"), 'ti"ny<', "en", Hub()), Keys()
    client = TestClient(site.app(keys, PORT), base_url=BASE)
    client.get("/", params={"token": keys.token})
    page = client.get("/").text
    assert "<h1>A &lt;b&gt; &amp; x</h1>" in page
    assert "ti&quot;ny&lt;" in page


# The server


def test_only_this_machine_can_reach_it_and_a_taken_port_is_told() -> None:
    with bind(None) as listener:
        address, port = listener.getsockname()
        assert address == "127.0.0.1"
        assert listener.family == socket.AF_INET
        with pytest.raises(UsageError, match=f"Port {port}") as caught:
            bind(port)
        assert "--port" in caught.value.hint
