"""The engine's events: the learner's containers are noticed, and what checks do is not."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.nodeimage.recipe import BASE
from labctl.ops.bell import Bell
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_checks import ChecksEngine
from labctl.tools.engine_events import EngineEvents
from labctl.waiting import Pending, wait_until

WAIT = 60.0


def docker(*argv: str) -> None:
    subprocess.run(["docker", *argv], check=True, capture_output=True)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def events(bell: Bell) -> Iterator[EngineEvents]:
    events = EngineEvents(DockerEngine(os.environ), changed=bell.ring, state=bell.state)
    events.start()
    wait_until(lambda: events._followed or Pending("not yet"), what="events", timeout=WAIT)
    yield events
    events.stop()
    assert not events._thread.is_alive()


@pytest.mark.docker
def test_a_container_that_comes_stops_and_goes_is_told(events: EngineEvents, bell: Bell) -> None:
    name = f"test-{secrets.token_hex(3)}"
    for change in (
        ("create", "--name", name, BASE, "sleep", "60"),
        ("start", name),
        ("kill", name),
        ("rm", name),
    ):
        docker(*change)
        assert bell.wait(WAIT) == {"engine"}
        while bell.wait(0.5):
            pass
    assert bell.reason == ""


@pytest.mark.docker
def test_looking_into_a_container_is_no_change_nor_is_what_a_check_runs(
    events: EngineEvents, bell: Bell
) -> None:
    name = f"test-{secrets.token_hex(3)}"
    docker("run", "--detach", "--name", name, BASE, "sleep", "60")
    try:
        while bell.wait(1):
            pass
        docker("exec", name, "true")
        docker("ps", "--all")
        ChecksEngine(os.environ).try_run(BASE, ["true"], env={}, cpus="", timeout=30)
        assert bell.wait(2) == frozenset()
    finally:
        docker("rm", "--force", name)


def test_an_engine_that_is_away_is_left_to_those_who_ask_it(bell: Bell, tmp_path: Path) -> None:
    engine = DockerEngine({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    events = EngineEvents(engine, changed=bell.ring, state=bell.state, pause=0.01)
    events.start()
    assert bell.wait(0.3) == frozenset()
    events.stop()
    assert bell.reason == ""
