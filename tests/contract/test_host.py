"""FakeHost and FakeMachine against the machine itself; FakeApt against apt."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from labctl.ops.doctor_gather import Host
from labctl.ops.setup import Machine, Packages
from labctl.ops.setup_plan import parse_simulation
from labctl.tools.apt import Apt
from labctl.tools.host import LocalHost
from labctl.tools.process import Process
from tests.setup_fakes import FakeApt, FakeMachine
from tests.unit.test_doctor_gather import FakeHost, FakeRunner


@pytest.fixture(params=["real", "fake"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    if request.param == "fake":
        return FakeHost(files={"/etc/there": "text\n"})
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/there").write_text("text\n")
    return LocalHost({}, root=tmp_path)


def test_a_file_is_read_and_one_that_is_not_there_is_named(host: Host) -> None:
    assert host.exists("/etc/there")
    assert host.read("/etc/there") == "text\n"
    assert not host.exists("/etc/not")
    with pytest.raises(FileNotFoundError) as caught:
        host.read("/etc/not")
    assert str(caught.value.filename).endswith("/etc/not")


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff\xfe ok")
    assert LocalHost({}, root=tmp_path).read("/odd").endswith(" ok")


def test_free_bytes_are_those_of_the_nearest_folder_that_exists() -> None:
    folder, free = LocalHost({}).free(Path("/usr/no/such/folder"))
    assert folder == Path("/usr")
    assert free >= 0
    assert FakeHost().free(Path("/x"))[1] > 0


class _Teapot(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/fine" else 401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Teapot) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_any_answer_is_a_status_and_none_is_an_error(server: str) -> None:
    host = LocalHost({})
    assert host.status(f"{server}/fine", 2) == 200
    assert host.status(f"{server}/denied", 2) == 401
    with pytest.raises(OSError, match="refused"):
        host.status("http://127.0.0.1:1/", 2)
    with pytest.raises(OSError, match="unreachable"):
        FakeHost().status("http://x/", 2)


def test_the_environments_proxy_is_used(server: str) -> None:
    host = LocalHost({"HTTP_PROXY": server})
    assert host.status("http://nowhere.invalid/fine", 2) == 401


def test_a_name_has_an_address() -> None:
    assert LocalHost({}).resolve("127.0.0.1") == "127.0.0.1"
    assert FakeHost().resolve("name")


@pytest.mark.parametrize("machine", [LocalHost({"SUDO_USER": "ann"}), FakeMachine(caller="ann")])
def test_what_setup_asks_of_a_machine(machine: Machine) -> None:
    assert machine.platform()[0] == "Linux"
    assert machine.user() == "ann"
    assert isinstance(machine.is_root(), bool)


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["real", "fake"])
def test_a_simulation_names_what_would_be_added_and_changes_nothing(kind: str) -> None:
    apt: Packages = Apt(Process(dict(os.environ))) if kind == "real" else FakeApt(FakeRunner())
    wanted = "hello" if kind == "real" else "kind"
    text = apt.simulate((wanted,))
    if "is already the newest version" in text:
        pytest.skip("'hello' is installed")
    changes = parse_simulation(text)
    assert wanted in changes.added
    assert (changes.replaced, changes.removed) == ((), ())
