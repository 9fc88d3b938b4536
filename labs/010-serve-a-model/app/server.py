"""Serve model.json over HTTP, with Python's standard library and nothing else.

    GET /predict?x=200   a penguin with a flipper of 200 mm: its body mass in g
    GET /whoami          which copy of the server answers, with which model
    GET /healthz         200 when the model is loaded

PORT says where to listen; 8080 if it says nothing.
"""

import hashlib
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

VERSION = "v1"
MODEL = Path(__file__).with_name("model.json")
Answer = tuple[HTTPStatus, dict[str, object]]


@dataclass(frozen=True)
class Model:
    """A line, and the SHA-256 of the file that it was read from."""

    slope: float
    intercept: float
    sha256: str

    @classmethod
    def load(cls, path: Path) -> "Model":
        data = path.read_bytes()
        fields = json.loads(data)
        return cls(fields["slope"], fields["intercept"], hashlib.sha256(data).hexdigest())

    def predict(self, x: float) -> float:
        return round(self.slope * x + self.intercept, 1)


def answer(target: str, model: Model, hostname: str) -> Answer:
    """What the server says to GET `target`, such as `/predict?x=200`."""
    url = urlsplit(target)
    whoami = {"hostname": hostname, "model_sha256": model.sha256, "version": VERSION}
    if url.path == "/healthz":
        return HTTPStatus.OK, {"status": "ok"}
    if url.path == "/whoami":
        return HTTPStatus.OK, whoami
    if url.path == "/predict":
        x = number(url.query)
        if x is None:
            return HTTPStatus.BAD_REQUEST, {"error": "x must be one number: /predict?x=200"}
        return HTTPStatus.OK, {"x": x, "body_mass_g": model.predict(x), **whoami}
    return HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200, /whoami or /healthz"}


def number(query: str) -> float | None:
    """The query's only x, or None where it is absent, repeated or no finite number."""
    values = parse_qs(query).get("x", [])
    try:
        x = float(values[0]) if len(values) == 1 else math.nan
    except ValueError:
        return None
    return x if math.isfinite(x) else None


class Handler(BaseHTTPRequestHandler):
    """One request. HTTP/1.0 on purpose: each request is a connection of its own, and a Service
    shares out connections, not requests."""

    model: Model
    timeout = 5  # seconds; a client that connects and says nothing must not hold up the end

    def do_GET(self) -> None:
        status, body = answer(self.path, self.model, socket.gethostname())
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    """Ends by finishing the requests that it has begun."""

    daemon_threads = False

    def stop_on(self, sign: signal.Signals) -> None:
        # In a container this is process 1, which the kernel shields from signals that it has no
        # handler for: without this line `docker stop` would wait ten seconds and then kill it.
        # shutdown() waits for the loop that the signal has just interrupted, so from a thread.
        signal.signal(sign, lambda *_: threading.Thread(target=self.shutdown).start())


def main() -> None:
    Handler.model = Model.load(MODEL)
    with Server(("", int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.stop_on(signal.SIGTERM)
        server.stop_on(signal.SIGINT)
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
