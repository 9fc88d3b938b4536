"""Fast tests by default, and a guard around them: no engine, no network, no home folder."""

import signal
import socket
from pathlib import Path

import pytest

# Here and nowhere else: a session fixture that two conftests import is made twice.
from tests.engine_line import line  # noqa: F401
from tests.lab_fixtures import cli, lab, name, session_cli  # noqa: F401
from tests.node_fixtures import (  # noqa: F401
    containerd_store,
    engine,
    make_node,
    node,
    process,
)

REAL = ("docker", "kind", "labs", "browser", "fault", "matrix")
SLOW = (*REAL, "process")
FOLDERS_OF_REAL = tuple(Path(__file__).with_name(one) for one in REAL)


def pytest_configure() -> None:
    """A shell has programs in the background ignore what keys send, and they hand that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without `-m`, folders of tests that all have a marker are not loaded only to be left out."""
    return True if not config.option.markexpr and collection_path in FOLDERS_OF_REAL else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m`, only the fast tests; those that must be alone go first."""
    items.sort(key=lambda item: item.get_closest_marker("alone") is None)
    if config.option.markexpr:
        return
    fast = [item for item in items if not any(item.get_closest_marker(mark) for mark in SLOW)]
    config.hook.pytest_deselected(items=[item for item in items if item not in fast])
    items[:] = fast


@pytest.fixture(autouse=True)
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """State goes to a temporary folder; an unmarked test that reaches the outside fails."""
    monkeypatch.setenv("LABCTL_HOME", str(tmp_path / "labctl-home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    if any(request.node.get_closest_marker(mark) for mark in REAL):
        return
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not str(address).startswith("('127.0.0.1'"):
            raise AssertionError(f"a fast test opened a connection to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)
