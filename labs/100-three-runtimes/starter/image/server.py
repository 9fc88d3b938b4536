"""Predict a penguin's body mass (g) from the length of its flipper (mm), over HTTP.

    GET /predict?x=200   the prediction, and the model that made it
    GET /healthz         200 when the model is loaded
"""

import hashlib
import json
import signal
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PORT = 8080
FILE = Path(__file__).with_name("model.json").read_bytes()
MODEL = json.loads(FILE)
SHA256 = hashlib.sha256(FILE).hexdigest()


def answer(target: str) -> tuple[HTTPStatus, dict[str, object]]:
    """What the server says to GET `target`."""
    url = urlsplit(target)
    if url.path == "/healthz":
        return HTTPStatus.OK, {"status": "ok"}
    if url.path != "/predict":
        return HTTPStatus.NOT_FOUND, {"error": "try /predict?x=200 or /healthz"}
    try:
        (x,) = map(float, parse_qs(url.query)["x"])
    except (KeyError, ValueError):
        return HTTPStatus.BAD_REQUEST, {"error": "x must be one number: /predict?x=200"}
    mass = round(MODEL["slope"] * x + MODEL["intercept"], 1)
    return HTTPStatus.OK, {
        "body_mass_g": mass,
        "hostname": socket.gethostname(),
        "model_sha256": SHA256,
    }


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        status, said = answer(self.path)
        text = json.dumps(said).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    # Process 1 of a container ends by a signal only if it says so itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
