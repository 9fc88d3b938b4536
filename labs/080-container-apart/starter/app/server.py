"""Serve the model over HTTP, with Python's standard library and nothing else.

    GET /predict?x=200   a penguin with a flipper of 200 mm: its body mass in g
    GET /whoami          how this process sees itself: PID, user, host name, model

MODEL says where the model file is. The server listens on port 8080.
"""

import json
import os
import signal
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

GREETING = "a model server"  # the line that step 3 changes
MODEL = json.loads(Path(os.environ["MODEL"]).read_text())


def answer(target: str) -> tuple[int, dict[str, object]]:
    """The status and the body for GET `target`."""
    url = urlsplit(target)
    if url.path == "/whoami":
        return 200, {
            "i_am": GREETING,
            "pid": os.getpid(),
            "uid": os.getuid(),
            "hostname": socket.gethostname(),
            "model": MODEL["version"],
        }
    if url.path == "/predict":
        try:
            x = float(parse_qs(url.query)["x"][0])
        except (KeyError, ValueError):
            return 400, {"error": "x must be a number: /predict?x=200"}
        return 200, {"x": x, "body_mass_g": round(MODEL["slope"] * x + MODEL["intercept"], 1)}
    return 404, {"error": "try /predict?x=200 or /whoami"}


class Handler(BaseHTTPRequestHandler):
    timeout = 5  # seconds; who connects and says nothing is not waited for

    def do_GET(self) -> None:
        status, body = answer(self.path)
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main() -> None:
    # As process 1 of its PID namespace it gets no signal that it has no handler for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ThreadingHTTPServer(("", 8080), Handler).serve_forever()


if __name__ == "__main__":
    main()
