"""A line to the engine that can be cut."""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest


class EngineLine:
    """A socket that leads to the engine until it is cut: as if the engine had stopped.

    `cut_at` cuts it by itself, when that many requests have come: the last of them gets no answer.
    """

    def __init__(self, path: Path, engine: str) -> None:
        self.path = path
        self._engine = engine
        self._ends: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.cut_at = 0
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.path.unlink(missing_ok=True)
        for end in (self._server, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
            except OSError:
                return
            self._ends += [near, far]
            for here, there, heard in ((near, far, self._hear), (far, near, None)):
                threading.Thread(target=_pump, args=(here, there, heard), daemon=True).start()

    def _hear(self, data: bytes) -> None:
        self.requests += re.findall(rb"^([A-Z]+ \S+) HTTP/1\.1\r$", data, re.MULTILINE)
        if self.cut_at and len(self.requests) >= self.cut_at:
            self.cut()


def _pump(here: socket.socket, there: socket.socket, heard: Callable[[bytes], None] | None) -> None:
    with suppress(OSError):
        while data := here.recv(1 << 16):
            if heard:
                heard(data)
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[EngineLine]:
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    line = EngineLine(tmp_path / "engine.sock", engine)
    yield line
    line.cut()
