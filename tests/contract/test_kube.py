"""Kube against a real API server, and the fake that stands in for it held to the same answers."""

import json
import os
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from labctl.errors import ApiUnreachable, KubeNotFound, PrerequisiteMissing, ToolFailed
from labctl.ops.reader import reader_kubeconfig
from labctl.resource import Resource
from labctl.store import Store
from labctl.tools import kube_rest
from labctl.tools.kube import Kube
from labctl.tools.kube_rest import ApiRefused
from labctl.waiting import Pending, wait_until
from tests.kube_fake import FakeKube
from tests.lab_fixtures import Running

CONFIG = """
apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: x, user: {token: t}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
"""
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}}


@pytest.fixture
def real(request: pytest.FixtureRequest) -> Kube:
    """The API server that LABCTL_TEST_KUBECONFIG names, or else the session's cluster."""
    chosen = os.environ.get("LABCTL_TEST_KUBECONFIG")
    if chosen:
        return Kube(Path(chosen))
    running: Running = request.getfixturevalue("lab")
    return Kube(Store(running.cli.home).kubeconfig(running.name))


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.kind)])
def kube(request: pytest.FixtureRequest) -> Kube | FakeKube:
    found: Kube | FakeKube
    found = request.getfixturevalue("real") if request.param == "real" else FakeKube()
    return found


@pytest.fixture
def namespace(kube: Kube | FakeKube) -> Iterator[str]:
    name = f"contract-{uuid.uuid4().hex[:8]}"
    kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}])
    yield name
    kube.delete_namespace(name)


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {**MAP, "metadata": {"name": name, "labels": {"app": name}}, "data": data}


def test_an_applied_object_can_be_read_and_is_changed_by_the_next_apply(
    kube: Kube, namespace: str
) -> None:
    kube.apply([config_map("notes", a="1", b="2")], namespace=namespace)
    kube.apply([config_map("notes", a="3")], namespace=namespace)
    found = kube.get("v1", "ConfigMap", "notes", namespace)
    assert (found.name, found.namespace, found.kind) == ("notes", namespace, "ConfigMap")
    assert dict(found.data) == {"a": "3"}


def test_an_object_that_is_not_there_is_told_with_the_names_that_are(
    kube: Kube, namespace: str
) -> None:
    kube.apply([config_map("notes")], namespace=namespace)
    with pytest.raises(KubeNotFound) as caught:
        kube.get("v1", "ConfigMap", "note", namespace)
    assert "notes" in caught.value.names


def test_objects_are_listed_by_label(kube: Kube, namespace: str) -> None:
    kube.apply([config_map("one"), config_map("two")], namespace=namespace)
    by_text = kube.list("v1", "ConfigMap", namespace, "app=two")
    by_mapping = kube.list("v1", "ConfigMap", namespace, {"app": "two"})
    assert [one.name for one in by_text] == [one.name for one in by_mapping] == ["two"]
    assert by_text[0].kind == "ConfigMap"


def test_a_namespace_that_was_deleted_is_gone_with_all_in_it(kube: Kube, namespace: str) -> None:
    kube.apply([config_map("notes")], namespace=namespace)
    kube.delete_namespace(namespace)
    with pytest.raises(KubeNotFound):
        kube.get("v1", "Namespace", namespace)
    kube.delete_namespace(namespace)  # a second time is no error


def test_objects_of_all_namespaces_are_listed_with_their_own(kube: Kube, namespace: str) -> None:
    kube.apply([config_map("notes")], namespace=namespace)
    found = kube.list("v1", "ConfigMap", all_namespaces=True)
    assert ("notes", namespace) in {(one.name, one.namespace) for one in found}
    assert "notes" not in {one.name for one in kube.list("v1", "ConfigMap")}


def test_a_change_is_merged_and_the_rest_stays(kube: Kube, namespace: str) -> None:
    (made,) = kube.apply([config_map("merged", a="1", b="2")], namespace=namespace)
    kube.patch(made, {"data": {"b": "3"}, "metadata": {"annotations": {"x": "y"}}})
    found = kube.get("v1", "ConfigMap", "merged", namespace)
    assert found.at("data") == {"a": "1", "b": "3"}
    assert found.at("metadata.annotations.x") == "y"
    gone = Resource({**made.raw, "metadata": {"name": "none", "namespace": namespace}})
    with pytest.raises(KubeNotFound):
        kube.patch(gone, {})


def test_a_namespace_gets_a_service_account_of_its_own(kube: Kube, namespace: str) -> None:
    def accounts() -> list[str] | Pending:
        names = [one.name for one in kube.list("v1", "ServiceAccount", namespace)]
        return names or Pending("none")

    assert wait_until(accounts, what="a service account", timeout=20) == ["default"]


@pytest.mark.kind
def test_a_path_is_read_as_it_is(real: Kube) -> None:
    assert real.ready()
    assert real.get_raw("/readyz") == "ok"


@pytest.mark.kind
def test_kinds_of_a_group_and_of_the_whole_cluster_are_found(real: Kube) -> None:
    assert isinstance(real.list("apps/v1", "Deployment", all_namespaces=True), tuple)
    assert real.get("rbac.authorization.k8s.io/v1", "ClusterRole", "view").namespace == ""
    with pytest.raises(KubeNotFound, match="knows no kind 'Deploiment'"):
        real.list("apps/v1", "Deploiment")
    with pytest.raises(KubeNotFound):
        real.list("example.org/v9", "Thing")


@pytest.mark.kind
def test_what_the_api_server_refuses_is_told_in_its_words(real: Kube) -> None:
    bad = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {}}
    with pytest.raises(ApiRefused, match="selector"):
        real.apply([bad])
    with pytest.raises(ToolFailed, match=r"metadata\.name"):
        real.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}])


@pytest.mark.kind
def test_the_account_of_checks_reads_and_changes_nothing(real: Kube, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(reader_kubeconfig(real), encoding="utf-8")
    reader = Kube(path)
    assert reader.get("v1", "Namespace", "default").name == "default"
    assert reader.list("apps/v1", "Deployment", all_namespaces=True) is not None
    for change in (
        lambda: reader.apply([MAP]),
        lambda: reader.delete("v1", "ConfigMap", "notes", "default"),
        lambda: reader.get_raw("/api/v1/namespaces/default/pods/any/exec?command=true"),
        lambda: reader.get_raw("/api/v1/nodes/any/proxy/run"),
    ):
        with pytest.raises(ApiRefused) as caught:
            change()
        assert caught.value.status == 403


@pytest.mark.kind
def test_events_about_an_object_and_only_those_are_found(real: Kube) -> None:
    about = real.apply([MAP], namespace="default")[0]
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"contract-{uuid.uuid4().hex[:8]}", "namespace": "default"},
        "involvedObject": {"kind": "ConfigMap", "name": about.name, "uid": about.uid},
        "reason": "Seen",
        "message": "by a test",
        "type": "Normal",
    }
    other = {
        **event,
        "metadata": {"name": f"contract-{uuid.uuid4().hex[:8]}", "namespace": "default"},
        "involvedObject": {"kind": "ConfigMap", "name": about.name, "uid": "another"},
    }
    real.apply([event, other])
    assert [one.reason for one in real.events(about)] == ["Seen"]
    real.delete("v1", "ConfigMap", "notes", "default")


def test_an_api_server_that_is_away_is_told_apart_from_one_that_refuses(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(CONFIG)
    away = Kube(path)
    assert not away.ready()
    with pytest.raises(ApiUnreachable, match=r"127\.0\.0\.1:1 does not answer"):
        away.get_raw("/version")


class Version(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"gitVersion": "v1.2.3"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Say nothing."""


def test_a_proxy_of_the_environment_is_not_asked_for_a_local_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), Version) as server:
        Thread(target=server.handle_request, daemon=True).start()
        path = tmp_path / "kubeconfig"
        path.write_text(
            CONFIG.replace("https://127.0.0.1:1", f"http://127.0.0.1:{server.server_port}")
        )
        assert json.loads(Kube(path).get_raw("/version"))["gitVersion"] == "v1.2.3"


class Slow(Version):
    """Says nothing for a while unless it is asked for the version."""

    def do_GET(self) -> None:
        if self.path != "/version":
            time.sleep(1)
        with suppress(OSError):
            super().do_GET()


def test_an_api_server_that_hangs_is_waited_for_once_and_then_not_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_rest, "CONNECT", 0.1)
    path = tmp_path / "kubeconfig"
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        path.write_text(
            CONFIG.replace("https://127.0.0.1:1", f"http://127.0.0.1:{server.server_port}")
        )
        rest = kube_rest.Rest(path)

        def waited() -> float:
            start = time.monotonic()
            with pytest.raises(ApiUnreachable):
                rest.request("GET", "/hang", timeout=0.5)
            return time.monotonic() - start

        assert waited() >= 0.5
        assert waited() < 0.45
        rest.request("GET", "/version")
        assert waited() >= 0.5
        server.shutdown()


def test_certificates_lie_beside_their_kubeconfig_once_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    path = tmp_path / "cluster" / "kubeconfig"
    path.parent.mkdir()
    ours = b64encode(uuid.uuid4().bytes).decode()
    server = 'server: "https://127.0.0.1:1"'
    path.write_text(CONFIG.replace(server, f"{server}, certificate-authority-data: {ours}"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kube_rest.Rest(path), range(64)))
    (written,) = (path.parent / "tls").iterdir()
    assert written.read_bytes() == b64decode(ours)
    assert list(elsewhere.iterdir()) == []


def test_a_cluster_without_a_kubeconfig_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing) as caught:
        Kube(tmp_path / "none").get_raw("/version")
    assert "labctl up" in caught.value.hint
