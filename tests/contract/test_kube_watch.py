"""The watch: against a small server that behaves in each way an API server may, and the real one."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from labctl.ops.bell import Bell
from labctl.store import Store
from labctl.tools.kube import Kube
from labctl.tools.kube_watch import KubeWatch
from labctl.waiting import Pending, wait_until
from tests.lab_fixtures import Running

WAIT = 60.0
CONFIG = """
apiVersion: v1
kind: Config
current-context: x
clusters: [{{name: x, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: x, user: {{token: t}}}}]
contexts: [{{name: x, context: {{cluster: x, user: x}}}}]
"""


def event(kind: str, version: int) -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"resourceVersion": str(version)}}}


GONE = {"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}
CUT = {"type": "CUT"}


@dataclass
class Api:
    """What the server answers: lists in `versions`, streams in `streams`, one after another.

    A stream is events, then its end (CUT: the connection's); or a status to refuse with. The last
    one stays open.
    """

    versions: list[int | None] = field(default_factory=lambda: [100])
    streams: list[list[dict[str, Any]] | int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """`list`, or the version that a watch starts from."""
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        query = parse_qs(url.query)
        assert url.path == "/api/v1/namespaces/tiny/pods"
        if "watch" not in query:
            self.asked.append("list")
            version = self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]
            if version is None:
                _send(handler, 403, {"message": "pods is forbidden"})
            else:
                _send(handler, 200, {"metadata": {"resourceVersion": str(version)}, "items": []})
            return
        assert query["allowWatchBookmarks"] == ["true"]
        self.asked.append(query["resourceVersion"][0])
        stream = self.streams.pop(0) if self.streams else []
        if isinstance(stream, int):
            _send(handler, stream, {"message": "no"})
            return
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for one in stream:
            if one == CUT:
                handler.wfile.write(b"40\r\n{")
                handler.close_connection = True
                return
            _chunk(handler, json.dumps(one) + "\n")
        if not self.streams:
            self.closing.wait(WAIT)
        handler.wfile.write(b"0\r\n\r\n")


def _send(handler: BaseHTTPRequestHandler, status: int, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _chunk(handler: BaseHTTPRequestHandler, text: str) -> None:
    # In two halves, as lines come when a network cuts them.
    for part in (text[:7].encode(), text[7:].encode()):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def kubeconfig(api: Api, tmp_path: Path) -> Iterator[Path]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
            """Say nothing."""

    path = tmp_path / "kubeconfig"
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        path.write_text(CONFIG.format(port=server.server_port))
        yield path
        api.closing.set()
        server.shutdown()


@dataclass
class Heard:
    """What a watch told."""

    changes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def state(self, _who: str, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def watch(kubeconfig: Path, heard: Heard) -> Iterator[KubeWatch]:
    watch = KubeWatch(
        kubeconfig,
        "v1",
        "pods",
        "tiny",
        changed=heard.changes.append,
        state=heard.state,
        pause=0.01,
    )
    yield watch
    watch.stop()


def until(condition: Callable[[], bool], what: str) -> None:
    wait_until(lambda: condition() or Pending("not yet"), what=what, timeout=WAIT, interval=0.01)


def test_each_change_is_told_and_a_bookmark_is_none(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.streams = [[event("ADDED", 101), event("BOOKMARK", 102), event("DELETED", 103)]]
    watch.start()
    until(lambda: len(heard.changes) == 2, "two changes")
    watch.stop()
    assert heard.changes == ["pods", "pods"]
    assert api.asked == ["list", "100"]


def test_a_stream_that_ends_is_opened_again_where_it_ended(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.streams = [[event("ADDED", 101), event("BOOKMARK", 105)], [event("MODIFIED", 106)], []]
    watch.start()
    until(lambda: len(api.asked) == 4, "the third stream")
    assert api.asked == ["list", "100", "105", "106"]
    assert heard.changes == ["pods", "pods"]


def test_a_connection_that_breaks_is_made_again_and_loses_nothing(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.streams = [*[[event("ADDED", 101), CUT]] * 4, [event("ADDED", 102)]]
    watch.start()
    until(lambda: len(heard.changes) == 5, "the fifth stream")
    assert api.asked == ["list", "100", "101", "101", "101", "101"]
    assert not any(heard.reasons)


@pytest.mark.parametrize("gone", [[GONE], 410], ids=["in the stream", "as the status"])
def test_a_version_that_is_too_old_is_listed_anew_and_counts_as_a_change(
    api: Api, watch: KubeWatch, heard: Heard, gone: list[dict[str, Any]] | int
) -> None:
    api.versions = [100, 900]
    api.streams = [gone, gone, gone, []]
    watch.start()
    until(lambda: len(api.asked) == 8, "the last stream")
    assert api.asked == ["list", "100", *["list", "900"] * 3]
    assert heard.changes == ["pods"] * 3
    assert not any(heard.reasons)


def test_a_refusal_is_told_with_its_reason_and_ends_when_it_is_over(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.versions = [None, None, None, 100]
    watch.start()
    until(lambda: bool(heard.reasons) and heard.reasons[-1] == "", "it works in the end")
    assert len([reason for reason in heard.reasons if reason]) == 1
    assert "pods is forbidden" in heard.reasons[0]
    assert api.asked == ["list"] * 4 + ["100"]


def test_a_server_that_refuses_for_a_moment_is_not_told(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.versions = [None, None, 100, None, None, 200]
    api.streams = [[GONE], []]
    watch.start()
    until(lambda: heard.reasons == ["", ""], "it works twice")
    assert api.asked == [*["list"] * 3, "100", *["list"] * 3, "200"]


def test_a_server_that_is_away_is_no_refusal_and_is_found_again(
    api: Api, kubeconfig: Path, watch: KubeWatch, heard: Heard, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.write_text(CONFIG.format(port=1))
    alone = KubeWatch(
        away, "v1", "pods", "tiny", changed=heard.changes.append, state=heard.state, pause=0.01
    )
    alone.start()
    time.sleep(0.2)
    alone.stop()
    assert (heard.changes, heard.reasons) == ([], [])


def test_stopping_ends_a_stream_that_says_nothing(api: Api, watch: KubeWatch, heard: Heard) -> None:
    watch.start()
    until(lambda: heard.reasons == [""], "the stream is open")
    start = time.monotonic()
    watch.stop()
    assert time.monotonic() - start < 2
    assert not watch._thread.is_alive()


def test_what_is_no_event_at_all_is_told_and_not_swallowed(
    api: Api, watch: KubeWatch, heard: Heard
) -> None:
    api.streams = [[{"type": "ADDED", "object": {}}], []]
    watch.start()
    until(lambda: any(heard.reasons), "the reason")
    assert heard.reasons == ["", "KeyError: 'metadata'"]
    until(lambda: not watch._thread.is_alive(), "its end")


@pytest.mark.kind
def test_a_real_watch_sees_a_pod_change(lab: Running) -> None:
    kubeconfig = Store(lab.cli.home).kubeconfig(lab.name)
    kube, bell = Kube(kubeconfig), Bell()
    namespace = f"contract-{uuid.uuid4().hex[:8]}"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "seen"},
        "spec": {"containers": [{"name": "c", "image": "example.org/none:1"}]},
    }
    kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}])
    watch = KubeWatch(kubeconfig, "v1", "pods", namespace, changed=bell.ring, state=bell.state)
    watch.start()
    try:
        assert bell.wait(3) == frozenset()
        kube.apply([pod], namespace=namespace)
        start = time.monotonic()
        assert bell.wait(WAIT) == {"pods"}
        assert time.monotonic() - start < 2
        while bell.wait(1.5):  # until the kubelet has said that the image can't be had
            pass
        kube.delete("v1", "Pod", "seen", namespace, wait=False)
        assert bell.wait(WAIT) == {"pods"}
        assert bell.reason == ""
    finally:
        watch.stop()
        kube.delete_namespace(namespace)


@pytest.mark.kind
def test_a_real_api_server_lists_anew_for_a_version_that_is_too_old(lab: Running) -> None:
    kubeconfig, bell = Store(lab.cli.home).kubeconfig(lab.name), Bell()
    watch = KubeWatch(kubeconfig, "v1", "nodes", None, changed=bell.ring, state=bell.state)
    watch._version, watch._listed = "1", True
    watch.start()
    try:
        assert bell.wait(WAIT) == {"nodes"}
        wait_until(
            lambda: watch._version not in ("", "1") or Pending(watch._version),
            what="a version of today",
            timeout=WAIT,
        )
        assert bell.reason == ""
    finally:
        watch.stop()
