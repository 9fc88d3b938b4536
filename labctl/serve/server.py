"""uvicorn in a thread of its own, on an address that only this machine can reach."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from labctl.errors import ToolFailed, UsageError
from labctl.serve.gate import ADDRESS

STOP: Final = 5.0
"""Seconds to wait for its end."""


def bind(port: int | None) -> socket.socket:
    """A socket at that port, or at a free one.

    Raises:
        UsageError: another program has the port, or it may not be used.
    """
    try:
        return socket.create_server((ADDRESS, port or 0))
    except OSError as err:
        raise UsageError(
            f"Port {port} of {ADDRESS} can't be used: {err.strerror or err}.",
            hint="Choose another with --port, or leave it out for a free one.",
        ) from err


@contextmanager
def serving(app: ASGIApp, listener: socket.socket, *, died: Callable[[], None]) -> Iterator[None]:
    """Serve until the block ends; `died` is called when the server ends by itself."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def run() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            died()

    thread = threading.Thread(target=run, name="serve", daemon=True)
    thread.start()
    try:
        yield
        if not thread.is_alive():
            raise ToolFailed("The page's server ended by itself.")
    finally:
        server.should_exit = True
        thread.join(STOP)
        listener.close()
