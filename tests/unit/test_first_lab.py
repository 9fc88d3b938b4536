"""The first lab's own program: the model that it trains and what its server says."""

import hashlib
import importlib.util
import json
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired, run
from types import ModuleType

import pytest

from labctl.waiting import Pending, wait_until

APP = Path(__file__).parents[2] / "labs" / "010-serve-a-model" / "app"


def load(name: str) -> ModuleType:
    """A module of the app, which is no package: it is copied into an image as it is."""
    spec = importlib.util.spec_from_file_location(f"first_lab_{name}", APP / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


server = load("server")
trainer = load("train")
MODEL = server.Model(slope=50.0, intercept=-6000.0, sha256="f" * 64)


def test_training_again_gives_the_committed_model_byte_for_byte(tmp_path: Path) -> None:
    again = tmp_path / "model.json"
    run([sys.executable, APP / "train.py", again], check=True, timeout=60)
    assert again.read_bytes() == (APP / "model.json").read_bytes()


def test_training_finds_the_line_that_the_rows_lie_on() -> None:
    slope, intercept = trainer.fit([(x, 3.0 * x + 10.0) for x in (1.0, 2.0, 5.0, 9.0)])
    assert slope == pytest.approx(3.0)
    assert intercept == pytest.approx(10.0)


def test_the_error_is_measured_on_rows_that_were_not_trained_on() -> None:
    rows = [(float(x), 2.0 * x) for x in range(1, 10)]
    rows[0] = (1.0, 1000.0)  # every fifth row is held back, so this one can't bend the line
    model = trainer.train(rows)
    assert model["slope"] == pytest.approx(2.0)
    assert model["tested_on"] == 2
    assert model["mean_absolute_error"] == pytest.approx(998.0 / 2)


def test_predict_answers_with_the_mass_and_with_who_computed_it() -> None:
    status, body = server.answer("/predict?x=200", MODEL, "pod-a")
    assert status == HTTPStatus.OK
    assert body == {
        "x": 200.0,
        "body_mass_g": 4000.0,
        "hostname": "pod-a",
        "model_sha256": "f" * 64,
        "version": "v1",
    }


@pytest.mark.parametrize(
    "target", ["/predict", "/predict?x=", "/predict?x=long", "/predict?x=nan", "/predict?x=1&x=2"]
)
def test_predict_refuses_what_is_not_one_number(target: str) -> None:
    status, body = server.answer(target, MODEL, "pod-a")
    assert status == HTTPStatus.BAD_REQUEST
    assert "/predict?x=200" in body["error"]


def test_an_unknown_path_is_told_which_paths_there_are() -> None:
    status, body = server.answer("/predictions?x=200", MODEL, "pod-a")
    assert status == HTTPStatus.NOT_FOUND
    assert "/whoami" in body["error"]


@contextmanager
def running_server() -> Iterator[tuple[Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = Popen([sys.executable, APP / "server.py"], env={"PORT": str(port)}, stderr=DEVNULL)
    try:
        wait_for_port(port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def wait_for_port(port: int) -> None:
    def connect() -> bool | Pending:
        with socket.socket() as attempt:
            attempt.settimeout(0.1)
            refused = attempt.connect_ex(("127.0.0.1", port))
        return Pending("nothing listens") if refused else True

    wait_until(connect, what="the server", timeout=5, interval=0.01)


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
        body: dict[str, object] = json.loads(response.read())
    return body


def test_the_server_says_which_model_file_it_serves_and_ends_at_once_on_sigterm() -> None:
    with running_server() as (process, url):
        assert get(f"{url}/healthz") == {"status": "ok"}
        digest = hashlib.sha256((APP / "model.json").read_bytes()).hexdigest()
        assert get(f"{url}/whoami")["model_sha256"] == digest
        assert get(f"{url}/predict?x=200")["body_mass_g"] == pytest.approx(4143.6)

        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=3) == 0
        except TimeoutExpired:
            pytest.fail("the server ignored SIGTERM")
