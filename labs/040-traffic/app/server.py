"""Serve a classifier of iris flowers over HTTP, with Python's standard library and nothing else.

    GET /predict?x=7.0,3.2,4.7,1.4   the species of a flower, from four lengths in cm:
                                     sepal length, sepal width, petal length, petal width
    GET /whoami                      which copy of the server answers, with which model
    GET /alive                       200 as long as the process runs
    GET /ready                       200 when it wants requests: the model is loaded, and nobody
                                     has asked it to step aside with a file /tmp/drain

Settings, from the environment:

    MODEL                    which model to load: v1 or v2
    LOAD_SECONDS             how long that takes; it stands for the minutes of a large model
    REQUESTS_PER_CONNECTION  close a client's connection after so many answers; 0 means never
    PORT                     where to listen
"""

import json
import math
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DRAIN = Path("/tmp/drain")
IDLE = 30  # seconds that a connection may stay open without a request
LAST_SECONDS = 2  # how long it goes on answering when it is told to end
Answer = tuple[HTTPStatus, dict[str, object]]


@dataclass(frozen=True)
class Model:
    """Softmax regression, as train.py wrote it."""

    version: str
    columns: list[int]
    species: list[str]
    middle: list[float]
    spread: list[float]
    weights: list[list[float]]

    @classmethod
    def load(cls, path: Path) -> "Model":
        fields = json.loads(path.read_bytes())
        return cls(**{name: fields[name] for name in cls.__annotations__})

    def predict(self, x: list[float]) -> str:
        """The species with the highest score; softmax would not change which one that is."""
        scaled = [
            (x[column] - middle) / spread
            for column, middle, spread in zip(self.columns, self.middle, self.spread, strict=True)
        ]
        scores = [
            sum(weight * value for weight, value in zip(one, [*scaled, 1.0], strict=True))
            for one in self.weights
        ]
        return self.species[scores.index(max(scores))]


class Replica:
    """One copy of the server: it has no model until it has loaded one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model: Model | None = None

    def load(self, path: Path, seconds: float) -> None:
        time.sleep(seconds)
        self.model = Model.load(path)

    def answer(self, target: str) -> Answer:
        """What the server says to GET `target`, such as `/whoami`."""
        url = urlsplit(target)
        who: dict[str, object] = {"pod": self.name}
        if url.path == "/alive":
            return HTTPStatus.OK, {**who, "alive": True}
        if url.path == "/ready":
            state = "loading" if self.model is None else "drained" if DRAIN.exists() else "ready"
            status = HTTPStatus.OK if state == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
            return status, {**who, "state": state}
        if url.path not in ("/predict", "/whoami"):
            error = "try /predict?x=7.0,3.2,4.7,1.4, /whoami, /alive or /ready"
            return HTTPStatus.NOT_FOUND, {**who, "error": error}
        if self.model is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, {**who, "error": "the model is still loading"}
        who["model"] = self.model.version
        if url.path == "/whoami":
            return HTTPStatus.OK, who
        x = numbers(url.query)
        if x is None:
            return HTTPStatus.BAD_REQUEST, {**who, "error": "x must be four numbers"}
        return HTTPStatus.OK, {**who, "species": self.model.predict(x)}


def numbers(query: str) -> list[float] | None:
    """The four numbers of the query's x, or None where it has something else."""
    try:
        found = [float(part) for part in parse_qs(query).get("x", [""])[0].split(",")]
    except ValueError:
        return None
    return found if len(found) == 4 and all(map(math.isfinite, found)) else None


class Handler(BaseHTTPRequestHandler):
    """One connection. HTTP/1.1 keeps it open, so that it can carry many requests."""

    replica: Replica
    most_answers: int
    ends = False
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    wbufsize = -1  # head and body leave in one packet

    def setup(self) -> None:
        super().setup()
        self.answers = 0

    def do_GET(self) -> None:
        status, body = self.replica.answer(self.path)
        self.answers += 1
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if self.is_last():
            # This closes the connection, too. The client's next request needs a new one, and for
            # that the Service chooses again.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def is_last(self) -> bool:
        # A replica that steps aside sends away its clients that are connected already.
        return self.answers == self.most_answers or self.ends or DRAIN.exists()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: hundreds of lines that say 200 would hide the others."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def stop_on(self, sign: signal.Signals) -> None:
        # In a container this is process 1, which the kernel shields from signals that it has no
        # handler for. shutdown() waits for the loop that the signal has just interrupted, so from
        # a thread.
        signal.signal(sign, lambda *_: threading.Thread(target=self.stop).start())

    def stop(self) -> None:
        # Nodes learn that this replica is leaving at the same moment as the replica itself, and
        # some of them act on it later. Whoever they still send here gets an answer.
        Handler.ends = True
        time.sleep(LAST_SECONDS)
        self.shutdown()


def main() -> None:
    replica = Replica(socket.gethostname())
    Handler.replica = replica
    Handler.most_answers = int(os.environ.get("REQUESTS_PER_CONNECTION", "0"))
    model = Path(__file__).with_name(f"model-{os.environ.get('MODEL', 'v2')}.json")
    if not model.is_file():
        raise SystemExit(f"there is no model {model.name}")
    seconds = float(os.environ.get("LOAD_SECONDS", "0"))
    with Server(("", int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.stop_on(signal.SIGTERM)
        server.stop_on(signal.SIGINT)
        # It listens at once and loads meanwhile, as many model servers do.
        threading.Thread(target=replica.load, args=(model, seconds), daemon=True).start()
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
