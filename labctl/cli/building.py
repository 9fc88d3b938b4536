"""Building images, one labctl at a time."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from labctl.cli.app import App
from labctl.ops.node_image_build import Ports
from labctl.ops.ports import Progress

LOCK: Final = "node-image-build"
LOCK_TIMEOUT: Final = 7200.0
"""Seconds: on a slow machine another labctl's Kubernetes takes an hour."""


@contextmanager
def building(app: App, progress: Progress) -> Iterator[Ports]:
    """What building needs, while no other labctl builds."""

    def waiting() -> None:
        progress.note("Another labctl is building images; waiting for it...")

    with app.store.lock(LOCK, timeout=LOCK_TIMEOUT, on_wait=waiting):
        scratch = Path(tempfile.gettempdir())
        yield Ports(app.process, app.engine, progress, app.settings.environ, scratch)
