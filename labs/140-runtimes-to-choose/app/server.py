"""Serve model.json over HTTP, with Python's standard library and nothing else.

    GET /predict?x=200   a penguin with a flipper of 200 mm: its body mass in g
    GET /healthz         200 when the model is loaded
"""

import hashlib
import json
import signal
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DATA = Path(__file__).with_name("model.json").read_bytes()
MODEL = json.loads(DATA)
SHA256 = hashlib.sha256(DATA).hexdigest()


def answer(target):
    """What the server says to GET `target`: status and content."""
    url = urlsplit(target)
    if url.path == "/healthz":
        return HTTPStatus.OK, {"status": "ok"}
    if url.path != "/predict":
        return HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200 or /healthz"}
    try:
        x = float(parse_qs(url.query)["x"][0])
    except (KeyError, ValueError):
        return HTTPStatus.BAD_REQUEST, {"error": "x must be a number: /predict?x=200"}
    grams = round(MODEL["slope"] * x + MODEL["intercept"], 1)
    said = {"x": x, "body_mass_g": grams}
    return HTTPStatus.OK, {**said, "model_sha256": SHA256, "hostname": socket.gethostname()}


class Handler(BaseHTTPRequestHandler):
    """Answers each request with one JSON document."""

    def do_GET(self):
        status, content = answer(self.path)
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing: the readiness probe asks every two seconds."""


def main():
    # The first process of a container does not end by SIGTERM unless it says how.
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    ThreadingHTTPServer(("", 8080), Handler).serve_forever()


if __name__ == "__main__":
    main()
