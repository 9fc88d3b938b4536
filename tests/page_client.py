"""The page of `labctl serve`, asked for without a browser."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

WAIT = 60.0


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    text: str
    cookie: str


class Page:
    """Entered by its printed address."""

    def __init__(self, address: str) -> None:
        url = urlsplit(address)
        assert (url.scheme, url.hostname, url.path) == ("http", "127.0.0.1", "/")
        assert url.port
        self.port = url.port
        answer = self.get(f"/?{url.query}")
        assert answer.status == 200
        self.cookie = answer.cookie

    def get(self, path: str, cookie: str = "") -> Answer:
        with closing(self._ask(path, cookie, WAIT)) as connection:
            answer = connection.getresponse()
            text = answer.read().decode()
            cookie = (answer.getheader("set-cookie") or "").split(";")[0]
            return Answer(answer.status, text, cookie)

    @contextmanager
    def states(self, *, seconds: float = WAIT) -> Iterator["States"]:
        """Its stream, in which a silence may be so long."""
        connection = self._ask("/events", self.cookie, seconds)
        with closing(connection), connection.getresponse() as answer:
            assert answer.status == 200
            yield States(answer)

    def _ask(self, path: str, cookie: str, seconds: float) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        return connection


class States:
    """The events of the stream, one after another."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def next(self) -> tuple[str, Any]:
        kind = ""
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            key, _, value = line.rstrip("\n").partition(": ")
            if key == "event":
                kind = value
            elif key == "data":
                return kind, json.loads(value)

    def until(self, wanted: Callable[[str, Any], bool]) -> Any:
        while True:
            kind, data = self.next()
            if wanted(kind, data):
                return data
