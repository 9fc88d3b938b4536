"""Who may see the page: whoever has the address that was printed, on this machine, and nobody else.

The address has a token in it. It is exchanged for a cookie at once, so that it stays neither in the
address bar nor in the history. Other programs and users of this machine, and web pages of others
that a browser has open, have neither.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ADDRESS: Final = "127.0.0.1"
ONCE: Final = 60.0
"""Seconds in which a token for one use is good."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Not a redirect: a browser that came here from another page sends no SameSite=Strict cookie along
# with it. What the page itself asks for comes from here.
ENTER: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>labctl</title>'
    '<link rel="icon" type="image/svg+xml" href="/static/icon.svg">'
    '<meta http-equiv="refresh" content="0; url=/"></head>'
    '<body><p><a href="/">labctl</a></p></body></html>'
)
REFUSED: Final = (
    "403: this page is for the one who started it.\n"
    "Open the address that 'labctl serve' printed, with all that comes after the question mark.\n\n"
    "403: 이 페이지는 실행한 사람만 볼 수 있습니다.\n"
    "'labctl serve'가 출력한 주소를 물음표 뒤까지 그대로 여세요.\n"
)


@dataclass
class Keys:
    """The secrets of one run."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """What the printed address has; good as long as the server runs."""
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    now: Callable[[], float] = time.monotonic
    _once: dict[str, float] = field(default_factory=dict)

    def once(self) -> str:
        """A token for one use: others can read the command line that a browser is opened with."""
        token = secrets.token_urlsafe(32)
        self._once[token] = self.now() + ONCE
        return token

    def admits(self, token: str) -> bool:
        """Whether the token is good; one for one use is not any more."""
        if _same(token, self.token):
            return True
        found = [one for one in self._once if _same(token, one)]
        return any(self._once.pop(one) >= self.now() for one in found)


class Gate:
    """Refuses what may not come in, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, keys: Keys, port: int) -> None:
        self._app = app
        self._keys = keys
        self._hosts = {f"{ADDRESS}:{port}", f"localhost:{port}"}
        # Cookies are shared by all ports of a host.
        self._name = f"labctl-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        request = Request(scope)
        answer = self._refusal(request) or self._entrance(request)
        await (answer or self._app)(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        # A page of others whose name was made to lead here (DNS rebinding) has its own name here.
        if request.headers.get("host", "") not in self._hosts:
            return PlainTextResponse(REFUSED, 403)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("405: there is nothing to change here.\n", 405)
        return None

    def _entrance(self, request: Request) -> Response | None:
        token = request.query_params.get("token", "")
        if request.scope["path"] == "/" and token and self._keys.admits(token):
            answer = HTMLResponse(ENTER)
            answer.set_cookie(self._name, self._keys.cookie, httponly=True, samesite="strict")
            return answer
        if _same(request.cookies.get(self._name, ""), self._keys.cookie):
            return None
        return PlainTextResponse(REFUSED, 403)


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
