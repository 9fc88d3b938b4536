"""Ask a URL four times a second, and write a line whenever the answer changes.

    2026-11-25 17:20:01.1  ok    wine-6c4f-xk2p
    2026-11-25 17:21:10.9  FAIL  no answer within 0.5 s
    2026-11-25 17:21:45.3  ok    wine-6c4f-m8qd  gap 34.8 s

A gap is the time from one good answer to the next, with bad ones in between. `(restarted)` after a
name: it is the same Pod, and another process. Times are UTC.
"""

import http.client
import json
import os
import socket
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

EVERY = 0.25
PATIENCE = 0.5


class Asked(Exception):
    """Why an answer was no good one."""


class Prober:
    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self.address = ""

    def ask(self) -> tuple[str, str]:
        """Name of the Pod that gave a good answer, and when its process started."""
        try:
            status, body = self._get()
        except TimeoutError:
            raise Asked(f"no answer within {PATIENCE} s") from None
        except (OSError, http.client.HTTPException) as err:
            self.address = ""  # the name may stand for another address now
            raise Asked(reason(err)) from None
        try:
            said = json.loads(body)
            if status == 200:
                return said["pod"], said["started"]
            raise Asked(f"{status} {said['error']}")
        except (ValueError, KeyError, TypeError):
            raise Asked(f"{status} {body[:40]!r}") from None

    def _get(self) -> tuple[int, bytes]:
        # Looked up apart, because the patience is for the server, not for a name.
        if not self.address:
            self.address = socket.gethostbyname(self.url.hostname)
        connection = http.client.HTTPConnection(self.address, self.url.port or 80, timeout=PATIENCE)
        try:
            connection.request("GET", f"{self.url.path}?{self.url.query}")
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def reason(err: Exception) -> str:
    if isinstance(err, ConnectionRefusedError):
        return "connection refused"
    if isinstance(err, socket.gaierror):
        return "there is no such name"
    return str(err) or type(err).__name__


class Diary:
    """Notices what is new in an answer."""

    def __init__(self) -> None:
        self.started: dict[str, str] = {}
        self.failed = ""
        self.last_good: float | None = None

    def good(self, pod: str, started: str, now: float) -> str:
        words = [pod]
        before = self.started.get(pod)
        if before and before != started:
            words = [f"{pod} (restarted)"]
        if self.failed and self.last_good is not None:
            words.append(f"gap {now - self.last_good:.1f} s")
        news = bool(self.failed) or before != started
        self.started[pod] = started
        self.failed = ""
        self.last_good = now
        return f"ok    {'  '.join(words)}" if news else ""

    def bad(self, why: str) -> str:
        news = why != self.failed
        self.failed = why
        return f"FAIL  {why}" if news else ""


def main() -> None:
    prober, diary = Prober(os.environ["URL"]), Diary()
    while True:
        begin = time.monotonic()
        try:
            line = diary.good(*prober.ask(), time.monotonic())
        except Asked as err:
            line = diary.bad(str(err))
        if line:
            stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-5]
            print(f"{stamp}  {line}", flush=True)
        time.sleep(max(0, begin + EVERY - time.monotonic()))


if __name__ == "__main__":
    main()
