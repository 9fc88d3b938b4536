"""Serve model.json over HTTP, with Python's standard library and nothing else.

    GET  /predict?x=200   a penguin with a flipper of 200 mm: its body mass in g
    GET  /healthz         200 when there is a model to answer with, else 503
    POST /crash           ends the process at once, with exit code 1

/crash stands for the bug that you don't know of yet. A server in earnest has no such path.
"""

import json
import math
import os
import signal
import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

VERSION = os.environ.get("VERSION", "unknown")
MODEL = Path(__file__).with_name("model.json")
Answer = tuple[HTTPStatus, dict[str, object]]


@dataclass(frozen=True)
class Model:
    """A polynomial in (x - 200) / 10."""

    coefficients: tuple[float, ...]

    @classmethod
    def load(cls, path: Path) -> "Model":
        return cls(tuple(json.loads(path.read_text())["coefficients"]))

    def predict(self, x: float) -> float:
        scaled = (x - 200) / 10
        return round(sum(c * scaled**power for power, c in enumerate(self.coefficients)), 1)


class Handler(BaseHTTPRequestHandler):
    """One request. HTTP/1.0 on purpose: each request is a connection of its own, and a Service
    shares out connections, not requests."""

    model: Model | None = None
    timeout = 5  # seconds; a client that connects and says nothing must not hold up the end

    def do_GET(self) -> None:
        self.reply(*self.answer())

    def do_POST(self) -> None:
        if self.path != "/crash":
            self.reply(HTTPStatus.NOT_FOUND, {"error": "try POST /crash"})
            return
        say("told to crash")
        self.reply(HTTPStatus.OK, {"crashes": socket.gethostname()})
        os._exit(1)

    def answer(self) -> Answer:
        url = urlsplit(self.path)
        whoami = {"hostname": socket.gethostname(), "version": VERSION}
        if url.path not in ("/healthz", "/predict"):
            return HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200 or /healthz"}
        if self.model is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": "there is no model", **whoami}
        if url.path == "/healthz":
            return HTTPStatus.OK, {"status": "ok"}
        x = number(url.query)
        if x is None:
            return HTTPStatus.BAD_REQUEST, {"error": "x must be one number: /predict?x=200"}
        return HTTPStatus.OK, {"x": x, "body_mass_g": self.model.predict(x), **whoami}

    def reply(self, status: HTTPStatus, body: dict[str, object]) -> None:
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Probes ask every second; a log full of them hides what matters."""
        if self.path != "/healthz":
            super().log_request(code, size)


class Server(ThreadingHTTPServer):
    """Ends by finishing the requests that it has begun."""

    daemon_threads = False

    def stop_on(self, sign: signal.Signals) -> None:
        # In a container this is process 1, which the kernel shields from signals that it has no
        # handler for. shutdown() waits for the loop that the signal interrupts, so from a thread.
        signal.signal(sign, lambda *_: threading.Thread(target=self.shutdown).start())


def number(query: str) -> float | None:
    """The query's only x, or None where it is absent, repeated or no finite number."""
    values = parse_qs(query).get("x", [])
    try:
        x = float(values[0]) if len(values) == 1 else math.nan
    except ValueError:
        return None
    return x if math.isfinite(x) else None


def say(text: str) -> None:
    """A line of the log, at once."""
    print(f"server {VERSION}: {text}", flush=True)


def main() -> None:
    try:
        Handler.model = Model.load(MODEL)
    except (OSError, ValueError, KeyError, TypeError) as err:
        # It goes on without: whoever asks is told, and can see why in the log.
        say(f"can't use {MODEL}: {err!r}")
    with Server(("", 8080), Handler) as server:
        server.stop_on(signal.SIGTERM)
        server.stop_on(signal.SIGINT)
        say("listening on port 8080")
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
