"""Who may see the page, from where, and what every answer says to a browser."""

import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from labctl.errors import UsageError
from labctl.serve.gate import ONCE, Keys
from labctl.serve.hub import Hub
from labctl.serve.server import bind
from labctl.serve.site import Site
from tests.two_languages import both

PORT = 4321
BASE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(both(tmp_path), "tiny", "en", Hub())


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def stranger(site: Site, keys: Keys) -> TestClient:
    return TestClient(site.app(keys, PORT), base_url=BASE, follow_redirects=False)


@pytest.fixture
def client(stranger: TestClient, keys: Keys) -> TestClient:
    """One that has opened the printed address."""
    assert stranger.get("/", params={"token": keys.token}).status_code == 200
    return stranger


@pytest.mark.parametrize("path", ["/", "/events", "/debrief", "/static/style.css", "/nothing"])
def test_without_the_token_everything_is_refused(stranger: TestClient, path: str) -> None:
    for address in (path, f"{path}?token=wrong", f"{path}?token="):
        answer = stranger.get(address)
        assert answer.status_code == 403
        assert "labctl serve" in answer.text
        assert "tiny" not in answer.text
    assert not stranger.cookies


def test_the_token_becomes_a_cookie_and_leaves_the_address(
    stranger: TestClient, keys: Keys
) -> None:
    answer = stranger.get("/", params={"token": keys.token})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"labctl-{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert keys.token not in cookie
    assert '<meta http-equiv="refresh" content="0; url=/">' in answer.text
    assert stranger.get("/").status_code == 200
    assert len(keys.token) >= 40
    assert Keys().token != keys.token


def test_a_cookie_of_another_run_is_refused(stranger: TestClient) -> None:
    stranger.cookies.set(f"labctl-{PORT}", Keys().cookie)
    assert stranger.get("/").status_code == 403


def test_the_token_is_for_the_first_page_alone(stranger: TestClient, keys: Keys) -> None:
    assert stranger.get("/events", params={"token": keys.token}).status_code == 403


def test_a_token_for_one_use_is_good_once_and_not_for_long() -> None:
    now = [0.0]
    keys = Keys(now=lambda: now[0])
    first, second = keys.once(), keys.once()
    assert keys.admits(first)
    assert not keys.admits(first)
    now[0] = ONCE + 1
    assert not keys.admits(second)
    assert keys.admits(keys.token)
    assert keys.admits(keys.token)


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""]
)
def test_another_host_name_is_refused_even_with_the_cookie(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert client.get("/", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    for path in ("/", "/events", "/static/live.js"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.text) == (405, "405: there is nothing to change here.\n")


@pytest.mark.parametrize("path", ["/", "/static/live.js", "/nothing"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    for answer in (client.get(path), client.get(path, headers={"Host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_files_outside_the_static_folder_are_not_served(client: TestClient) -> None:
    for path in ("/static/../site.py", "/static/%2e%2e/site.py", "/static/", "/static/../../x"):
        assert client.get(path).status_code in (404, 405)


def test_only_this_machine_can_reach_it_and_a_taken_port_is_told() -> None:
    with bind(None) as listener:
        address, port = listener.getsockname()
        assert address == "127.0.0.1"
        assert listener.family == socket.AF_INET
        with pytest.raises(UsageError, match=f"Port {port}") as caught:
            bind(port)
        assert "--port" in caught.value.hint
