"""Serve a model over HTTP, with Python's standard library and nothing else.

    GET /predict?x=200   a penguin with a flipper of 200 mm: its body mass
    GET /healthz         200 when the model is loaded

    --model PATH         the model file; /app/model.json, the image's own, without it
    --table-rows N       predict N lengths at the start and keep them in memory

PORT says where to listen, 8080 if it says nothing; UNIT in what to answer: g (the default) or kg.
Whatever this server does or can't do, it says in one line of its log.
"""

import argparse
import hashlib
import json
import math
import os
import signal
import socket
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SHORTEST, LONGEST = 150.0, 250.0  # mm; what the table covers
ROW = 40  # bytes in memory, as measured with Python 3.13: a place in the list, and a float
DIGITS = {"g": 1, "kg": 3}
FACTOR = {"g": 1, "kg": 1000}


@dataclass
class Model:
    """A line, the SHA-256 of the file that it was read from, and the table if there is one."""

    slope: float
    intercept: float
    sha256: str
    unit: str
    table: list[float] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path, unit: str) -> "Model":
        data = path.read_bytes()
        fields = json.loads(data)
        return cls(fields["slope"], fields["intercept"], hashlib.sha256(data).hexdigest(), unit)

    def predict(self, x: float) -> float:
        """From the table where it has that length, else computed."""
        row = (x - SHORTEST) / (LONGEST - SHORTEST) * (len(self.table) - 1)
        if self.table and 0 <= row < len(self.table) and row == int(row):
            return self.table[int(row)]
        return self.compute(x)

    def compute(self, x: float) -> float:
        mass = (self.slope * x + self.intercept) / FACTOR[self.unit]
        return round(mass, DIGITS[self.unit])

    def fill(self, rows: int) -> None:
        step = (LONGEST - SHORTEST) / (rows - 1)
        self.table = [self.compute(SHORTEST + row * step) for row in range(rows)]


class Handler(BaseHTTPRequestHandler):
    """One request. HTTP/1.0: each request is a connection of its own."""

    model: Model
    timeout = 5  # seconds; a client that connects and says nothing must not hold up the end

    def do_GET(self) -> None:
        status, body = self.answer()
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self) -> tuple[HTTPStatus, dict[str, object]]:
        url = urlsplit(self.path)
        if url.path == "/healthz":
            return HTTPStatus.OK, {"status": "ok"}
        if url.path != "/predict":
            return HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200 or /healthz"}
        x = number(url.query)
        if x is None:
            return HTTPStatus.BAD_REQUEST, {"error": "x must be one number: /predict?x=200"}
        return HTTPStatus.OK, {
            "x": x,
            "body_mass": self.model.predict(x),
            "unit": self.model.unit,
            "table_rows": len(self.model.table),
            "model_sha256": self.model.sha256,
            "hostname": socket.gethostname(),
        }

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Probes ask every other second; a log full of them hides what matters."""
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
    """A line of the log, at once: a process that is killed can't write what it holds back."""
    print(f"server: {text}", flush=True)


def load(path: Path, unit: str) -> Model:
    if unit not in FACTOR:
        raise SystemExit(f"server: UNIT is '{unit}'; it must be g or kg")
    try:
        return Model.load(path, unit)
    except OSError as err:
        raise SystemExit(f"server: can't read the model {path}: {err.strerror}") from None
    except (ValueError, KeyError) as err:
        raise SystemExit(f"server: {path} is no model: {err!r}") from None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=Path("/app/model.json"))
    parser.add_argument("--table-rows", type=int, default=0)
    options = parser.parse_args()

    model = load(options.model, os.environ.get("UNIT", "g"))
    say(f"model {options.model} is loaded; answers are in {model.unit}")
    if options.table_rows > 1:
        size = options.table_rows * ROW >> 20
        say(f"filling the table: {options.table_rows} rows, {size} MiB")
        model.fill(options.table_rows)
        say("the table is filled")

    Handler.model = model
    with Server(("", int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.stop_on(signal.SIGTERM)
        server.stop_on(signal.SIGINT)
        say(f"listening on port {server.server_port}")
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
