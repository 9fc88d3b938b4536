"""The pages and the stream: what is sent, and in which words."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from labctl.results import Outcome
from labctl.serve.gate import Keys
from labctl.serve.hub import Ended, Hub, News
from labctl.serve.site import Site
from labctl.serve.words import KOREAN, WORDS
from labctl.snapshot import Outage
from tests.live_fakes import later, report, result, snapshot
from tests.two_languages import both

PORT = 4321
BASE = f"http://127.0.0.1:{PORT}"
FAILED = report(Outcome.FAIL, Outcome.BLOCKED)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(both(tmp_path), "tiny", "en", Hub())


@pytest.fixture
def client(site: Site) -> TestClient:
    """One that has opened the printed address."""
    keys = Keys()
    client = TestClient(site.app(keys, PORT), base_url=BASE)
    assert client.get("/", params={"token": keys.token}).status_code == 200
    return client


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


def test_the_stream_has_the_newest_state_and_then_the_end(client: TestClient, site: Site) -> None:
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
