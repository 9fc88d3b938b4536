"""A clock: a server that tells how long it has been running without a break.

    GET /   its name, since when it runs (UTC), and how many times it has answered

NAME is what it calls itself, PORT is where it listens (8080).
"""

import itertools
import json
import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ.get("NAME", "nameless")
SINCE = time.strftime("%H:%M:%S", time.gmtime())
ASKED_TO_END = 3  # an exit code of its own: a kill would be 137, an end by itself 0
count = itertools.count(1)


class Handler(BaseHTTPRequestHandler):
    timeout = 5  # seconds; who connects and says nothing is not waited for

    def do_GET(self) -> None:
        said = {"i_am": NAME, "running_since": SINCE, "answers": next(count)}
        text = json.dumps(said).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing: the debrief says what becomes of a log that nobody reads."""


def main() -> None:
    # As process 1 of its PID namespace it gets no signal that it has no handler for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(ASKED_TO_END))
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
