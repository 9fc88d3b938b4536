"""`labctl check --watch` and `serve` on a real lab: a step turns green by itself, and an outage is no failure."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from tests.lab_fixtures import Running
from tests.page_client import Page

pytestmark = [pytest.mark.labs, pytest.mark.timeout(300)]


class Watch:
    """A watch that runs, and the lines that it says."""

    def __init__(self, lab: Running, *argv: str) -> None:
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.process = lab.cli.start("check", "--watch", "--name", lab.name, *argv)
        streams = (self.process.stdout, self.process.stderr)
        self.readers = [threading.Thread(target=self._read, args=(one,)) for one in streams]
        for reader in self.readers:
            reader.start()

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            self.lines.put(line)

    def until(self, text: str, seconds: float = 60) -> str:
        """The next line that has the text in it."""
        deadline = time.monotonic() + seconds
        seen = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                seen.append(self.lines.get(timeout=left))
            except queue.Empty:
                break
            if text in seen[-1]:
                return seen[-1]
        raise AssertionError(f"no line with {text!r} in {seen}")

    def end(self) -> int:
        return self.process.wait(60)

    def stop(self) -> None:
        self.process.kill()
        for reader in self.readers:
            reader.join(60)
        with self.process:  # closes its streams
            self.process.wait(60)


@pytest.fixture
def fresh(lab: Running) -> Running:
    lab("reset")
    return lab


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    started: list[Watch] = []
    yield started
    for one in started:
        one.stop()


def test_steps_turn_green_by_themselves_and_it_ends_with_0(
    fresh: Running, watches: list[Watch]
) -> None:
    watch = Watch(fresh)
    watches.append(watch)
    watch.until("FAIL  step run-with-docker")
    fresh("solve", "run-with-docker")
    assert "holds)" in watch.until("PASS  step run-with-docker")
    fresh("solve", "deploy")
    assert "holds)" in watch.until("PASS  step deploy")
    fresh.kubectl("-n", "serving", "scale", "deployment/model-server", "--replicas=2")
    assert "no longer)" in watch.until("FAIL  step deploy")
    fresh("solve", "--all")
    watch.until("11 of 11 checks pass.", 120)
    assert watch.end() == 0


def test_ctrl_c_ends_it_with_130(fresh: Running, watches: list[Watch]) -> None:
    watch = Watch(fresh, "--step", "deploy")
    watches.append(watch)
    watch.until("FAIL  step deploy")
    os.kill(watch.process.pid, signal.SIGINT)
    assert watch.end() == 130


def test_a_short_outage_of_the_api_server_is_said_and_waited_out(
    fresh: Running, watches: list[Watch]
) -> None:
    def send(name: str) -> None:
        argv = ["docker", "exec", fresh.node, "pkill", f"-{name}", "kube-apiserver"]
        subprocess.run(argv, check=True, capture_output=True)

    watch = Watch(fresh, "--step", "deploy")
    watches.append(watch)
    watch.until("FAIL  step deploy")
    send("STOP")
    try:
        watch.until("does not answer", 90)
    finally:
        send("CONT")
    watch.until("It answers again.")
    fresh("solve", "deploy")
    watch.until("PASS  step deploy")
    assert watch.end() == 0


def test_the_page_turns_green_by_itself_and_ctrl_c_ends_it_with_0(fresh: Running) -> None:
    process = fresh.cli.start("serve", "--name", fresh.name)
    try:
        assert process.stdout
        page = Page(process.stdout.readline().strip())
        with page.states(seconds=90) as states:

            def shows(step: str, outcome: str) -> None:
                wanted = (step, outcome)
                states.until(
                    lambda _, data: (
                        wanted in [(one["id"], one["outcome"]) for one in data.get("steps", ())]
                    )
                )

            shows("deploy", "fail")
            fresh("solve", "deploy")
            shows("deploy", "pass")
            fresh.kubectl("-n", "serving", "scale", "deployment/model-server", "--replicas=2")
            shows("deploy", "fail")
            os.kill(process.pid, signal.SIGINT)
            assert states.until(lambda kind, _: kind == "end") == {"reason": "Ctrl-C"}
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


def test_an_engine_that_is_gone_ends_it_with_4(fresh: Running, watches: list[Watch]) -> None:
    fresh.cli.env = {"DOCKER_HOST": "unix:///nowhere.sock"}
    try:
        watch = Watch(fresh)
        watches.append(watch)
        assert watch.end() == 4
    finally:
        fresh.cli.env = {}
    watch.until("does not answer", 5)
