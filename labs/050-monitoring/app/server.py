"""Serve a classifier of wines over HTTP, with Python's standard library and nothing else.

    GET /predict?x=13.2,2.76,4.38   which wine it is, from alcohol (%), flavanoids, colour intensity
    GET /ping                       200 as long as the process answers at all
    GET /healthz                    200 when a prediction for a wine that is known comes out right
    GET /deep                       200 when /healthz is, and the model registry answers, too

The model is fetched from the registry when the server starts, and kept. Settings, from the
environment:

    REGISTRY       where the model is fetched: http://registry/model.json
    LOAD_SECONDS   how long loading takes after that; it stands for the minutes of a large model
    PORT           where to listen
"""

import json
import math
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

KNOWN, KNOWN_WINE = "13.2,2.76,4.38", "barolo"
PATHS = "/predict?x=13.2,2.76,4.38, /ping, /healthz or /deep"
LAST_SECONDS = 1  # how long it goes on answering when it is told to end: nodes hear of it later
Answer = tuple[HTTPStatus, dict[str, object]]


@dataclass(frozen=True)
class Model:
    """The nearest centre of a class, on scaled values, as train.py wrote it."""

    middle: list[float]
    spread: list[float]
    centres: dict[str, list[float]]

    @classmethod
    def fetch(cls, url: str) -> "Model":
        with urlopen(url, timeout=2) as answer:
            fields = json.loads(answer.read())
        return cls(fields["middle"], fields["spread"], fields["centres"])

    def scale(self, x: list[float]) -> list[float]:
        return [(v - m) / s for v, m, s in zip(x, self.middle, self.spread, strict=True)]

    def classify(self, x: list[float]) -> str:
        scaled = self.scale(x)
        return min(self.centres, key=lambda wine: math.dist(scaled, self.centres[wine]))


class Replica:
    """One copy of the server: it has no model until it has fetched one."""

    def __init__(self, name: str, registry: str) -> None:
        self.name = name
        self.registry = registry
        self.started = datetime.now(UTC).isoformat()
        self.model: Model | None = None
        self.turn = threading.Lock()  # one prediction at a time
        self.asked = 0
        self.mean = [0.0, 0.0, 0.0]

    def load(self, seconds: float) -> None:
        """Fetch the model; a registry that does not answer is asked again."""
        while True:
            try:
                model = Model.fetch(self.registry)
            except OSError as err:
                print(f"no model from {self.registry}: {err}", file=sys.stderr, flush=True)
                time.sleep(1)
                continue
            time.sleep(seconds)
            self.model = model
            return

    def answer(self, target: str) -> Answer:
        """What the server says to GET `target`, such as `/healthz`."""
        url = urlsplit(target)
        if url.path == "/ping":
            return HTTPStatus.OK, {"pong": True}
        if url.path not in ("/predict", "/healthz", "/deep"):
            return HTTPStatus.NOT_FOUND, {"error": f"try {PATHS}"}
        if self.model is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the model is still loading"}
        if url.path == "/predict":
            return HTTPStatus.OK, self.predict(parse_qs(url.query).get("x", [""])[0])
        if self.predict(KNOWN)["wine"] != KNOWN_WINE:
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"{KNOWN} is {KNOWN_WINE}"}
        if url.path == "/deep":
            Model.fetch(self.registry)
        return HTTPStatus.OK, {"status": "ok"}

    def predict(self, text: str) -> dict[str, object]:
        """The wine, for three numbers with commas. (Two bugs are in here. Both are common.)"""
        self.turn.acquire()
        x = [float(part) for part in text.split(",")]
        wine = self.model.classify(x)
        self.turn.release()
        drift = self.drift(x)
        return {"wine": wine, "drift": drift, "pod": self.name, "started": self.started}

    def drift(self, x: list[float]) -> int:
        """How far the mean of all inputs is from the one in training, in % of a spread."""
        self.asked += 1
        self.mean = [m + (v - m) / self.asked for v, m in zip(x, self.mean, strict=True)]
        return round(100 * math.dist(self.model.scale(self.mean), [0, 0, 0]))


class Handler(BaseHTTPRequestHandler):
    """One request: the connection is closed after the answer."""

    replica: Replica
    timeout = 30

    def do_GET(self) -> None:
        try:
            status, body = self.replica.answer(self.path)
        except Exception as err:
            print(f"GET {self.path}: {type(err).__name__}: {err}", file=sys.stderr, flush=True)
            status, body = HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"{err}"}
        text = json.dumps({**body, "pod": self.replica.name}).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: thousands of lines that say 200 would hide the others."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def stop_on(self, sign: signal.Signals) -> None:
        # In a container this is process 1, which the kernel shields from signals that it has no
        # handler for. shutdown() waits for the loop that the signal has just interrupted, so from
        # a thread.
        signal.signal(sign, lambda *_: threading.Thread(target=self.stop).start())

    def stop(self) -> None:
        time.sleep(LAST_SECONDS)
        self.shutdown()


def main() -> None:
    registry = os.environ.get("REGISTRY", "http://registry/model.json")
    replica = Replica(socket.gethostname(), registry)
    Handler.replica = replica
    seconds = float(os.environ.get("LOAD_SECONDS", "0"))
    with Server(("", int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.stop_on(signal.SIGTERM)
        server.stop_on(signal.SIGINT)
        threading.Thread(target=replica.load, args=(seconds,), daemon=True).start()
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
