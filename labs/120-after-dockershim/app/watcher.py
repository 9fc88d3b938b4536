"""Ask the Docker Engine of this machine, over its socket, how many containers it runs.

The kind of program that was affected when the dockershim went: it talks to Docker itself, not to
Kubernetes. Build jobs, log collectors and monitoring agents did so.
"""

import http.client
import json
import signal
import socket
import time

SOCKET = "/var/run/docker.sock"
PERIOD = 3


class Engine(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def containers():
    """The names of the containers that run, as the engine tells them."""
    engine = Engine("docker")
    engine.request("GET", "/containers/json")
    return [one["Names"][0].lstrip("/") for one in json.loads(engine.getresponse().read())]


def main():
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    while True:
        names = containers()
        servers = [name for name in names if name.startswith("k8s_server_")]
        print(f"dockerd runs {len(names)} containers; model servers: {len(servers)}", flush=True)
        time.sleep(PERIOD)


if __name__ == "__main__":
    main()
