"""The addresses of the page and what each answers. Everything is read; nothing can be changed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from labctl.catalog import Lab
from labctl.manifest_types import FALLBACK
from labctl.serve.document import document
from labctl.serve.gate import Gate, Keys
from labctl.serve.hub import Ended, Hub, News
from labctl.serve.pages import HERE, Place, debrief_page, guide_page
from labctl.serve.words import words

BEAT: Final = 15.0
"""Seconds after which a silent stream says that it is still there."""
RETRY: Final = 2000
"""Milliseconds after which a browser whose stream broke opens it again."""


@dataclass
class Site:
    """One lab's pages."""

    lab: Lab
    cluster: str
    language: str
    """Where the address names none."""
    hub: Hub
    beat: float = BEAT
    _titles: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that the lab has texts in, English first."""
        return tuple(dict.fromkeys((FALLBACK, *self.lab.messages)))

    def app(self, keys: Keys, port: int) -> ASGIApp:
        """All of it behind its gate."""
        routes = [
            Route("/", self._guide),
            Route("/debrief", self._debrief),
            Route("/events", self._events),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]
        return Gate(Starlette(routes=routes), keys, port)

    # Not async: they read files, so they get a thread.
    def _guide(self, request: Request) -> Response:
        return HTMLResponse(guide_page(self._place(request)))

    def _debrief(self, request: Request) -> Response:
        return HTMLResponse(debrief_page(self._place(request)))

    def _place(self, request: Request) -> Place:
        return Place(self.lab, self.cluster, self._language(request), self.languages)

    async def _events(self, request: Request) -> Response:
        stream = self._stream(self._language(request))
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _stream(self, language: str) -> AsyncIterator[str]:
        yield f"retry: {RETRY}\n\n"
        async for news in self.hub.follow(self.beat):
            yield self._event(news, language)

    def _event(self, news: News | None, language: str) -> str:
        """https://html.spec.whatwg.org/multipage/server-sent-events.html"""
        if news is None:
            return ": still here\n\n"
        if isinstance(news, Ended):
            return f"event: end\ndata: {json.dumps({'reason': news.reason})}\n\n"
        texts = self.lab.texts(language)
        if language not in self._titles:
            self._titles[language] = self.lab.check_titles(texts)
        content = document(news, texts, self._titles[language], words(language))
        # JSON has its line ends escaped, so that one line holds it.
        return f"event: state\ndata: {json.dumps(content)}\n\n"

    def _language(self, request: Request) -> str:
        asked = request.query_params.get("lang", self.language)
        return next((one for one in (asked, self.language) if one in self.languages), FALLBACK)
