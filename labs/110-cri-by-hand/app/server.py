"""Weigh penguins by their flippers, and say what happens.

    GET /predict?x=200   a penguin with a flipper of 200 mm: its body mass in g

What happens is one JSON object a line: on stdout, and in /diary/events.jsonl where there is such a
folder. The first line says who serves, and where.
"""

import json
import os
import signal
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PORT = 8080
MODEL = json.loads(Path(__file__).with_name("model.json").read_bytes())
DIARY = Path("/diary")


def say(**fields: object) -> None:
    line = json.dumps(fields)
    print(line, flush=True)
    if DIARY.is_dir():
        with (DIARY / "events.jsonl").open("a") as diary:
            diary.write(line + "\n")


def address() -> str:
    """This Pod's own, by the route that a packet to anywhere would take. None is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        try:
            (x,) = map(float, parse_qs(url.query)["x"])
        except (KeyError, ValueError):
            x = None
        if url.path != "/predict" or x is None:
            self.answer(HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200"})
            return
        mass = round(MODEL["slope"] * x + MODEL["intercept"], 1)
        say(event="asked", x=x, body_mass_g=mass)
        self.answer(
            HTTPStatus.OK,
            {"body_mass_g": mass, "hostname": socket.gethostname(), "pid": os.getpid()},
        )

    def answer(self, status: HTTPStatus, fields: dict[str, object]) -> None:
        text = json.dumps(fields).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """say() tells more."""


def end(*_: object) -> None:
    say(event="ended")
    sys.exit()


if __name__ == "__main__":
    # Process 1 of a container ends by a signal only if it says so itself.
    signal.signal(signal.SIGTERM, end)
    with ThreadingHTTPServer(("", PORT), Handler) as server:
        say(event="started", hostname=socket.gethostname(), address=address(), pid=os.getpid())
        server.serve_forever()
