"""A trace as a table that a person reads, and as the document that docs/trace.md describes."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.model import Runtime
from labctl.trace import Cri, InEngine, OnNode, Running, Started, Stored, Trace
from labctl.ui.console import Console
from labctl.ui.trace import COLUMNS, FORMAT, document, rows
from tests.node_recordings import CONFIG, DIFF_IDS, ID, MANIFEST, NAME, POD_SLICE

PAGE = Path(__file__).parents[2] / "docs/trace.md"
KIND = "labctl-mix"
KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
STORED = Stored(CONFIG, MANIFEST, DIFF_IDS, "containerd's overlayfs snapshotter")
STARTED = Started(
    pid=4194304,
    parent="containerd-shim-runc-v2",
    oci_runtime="runc",
    oci_path="/usr/sbin/runc",
    oci_version="1.1.15+ds1",
    namespaces={kind: f"{kind}:[{number}]" for number, kind in enumerate(KINDS)},
    shared=("time",),
    cgroup=f"{POD_SLICE}/cri-containerd-{ID[Runtime.CONTAINERD]}.scope",
    rootfs="/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/13/fs",
)
POD = "serving/model-server-6c889c79c9-2xdvr"
CONTAINER = Running(ID[Runtime.CONTAINERD], "model-server", POD, CONFIG, STARTED)
STATIC = "kube-system/kube-controller-manager-labctl-mix-control-plane"
"""A Pod whose name has no room in the table."""


def traced(
    *running: Running, stored: Stored | None = STORED, engine: Stored | None = STORED
) -> Trace:
    socket = "unix:///run/containerd/containerd.sock"
    node = OnNode(f"{KIND}-control-plane", Cri("containerd", "2.3.7", socket), stored, running)
    return Trace(NAME, InEngine("28.5.2+dfsg4", engine), (node,))


def facts(trace: Trace) -> list[str]:
    return [what for _, _, what in rows(trace, KIND)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(trace: Trace, out: io.StringIO) -> str:
    Console(out=out).table(COLUMNS, list(rows(trace, KIND)))
    return out.getvalue()


def test_each_place_has_its_row_and_its_facts_below() -> None:
    assert list(rows(traced(CONTAINER), KIND)) == [
        ("engine", "43fa048469b8", "Docker Engine 28.5.2+dfsg4"),
        ("", "", "3 layers; manifest 4066cc285aae"),
        ("", "", "unpacked by containerd's overlayfs snapshotter"),
        ("control-plane", "43fa048469b8", "containerd 2.3.7"),
        ("", "", "unix:///run/containerd/containerd.sock"),
        ("", "", "3 layers, equal; manifest 4066cc285aae"),
        ("", "", "unpacked by containerd's overlayfs snapshotter"),
        ("  runs as", "43fa048469b8", POD),
        ("", "", "container model-server"),
        ("", "", "runc 1.1.15+ds1 (/usr/sbin/runc), PID 4194304"),
        ("", "", "watched by containerd-shim-runc-v2"),
        ("", "", "own namespaces: cgroup ipc mnt net pid user uts"),
        ("", "", "cgroup .../cri-containerd-ab6fa33188bc.scope"),
    ]


def test_where_the_image_is_not_there_is_nothing_else_to_tell() -> None:
    table = list(rows(traced(stored=None, engine=None), KIND))
    assert table == [
        ("engine", "not there", "Docker Engine 28.5.2+dfsg4"),
        ("control-plane", "not there", "containerd 2.3.7"),
        ("", "", "unix:///run/containerd/containerd.sock"),
    ]


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (replace(STORED, manifest_digest=""), "3 layers, equal; keeps no manifest"),
        (replace(STORED, diff_ids=DIFF_IDS[:1]), "1 layer, others; manifest 4066cc285aae"),
        (replace(STORED, unpacked_by=""), "not unpacked yet"),
    ],
)
def test_a_store_tells_what_it_has_of_the_image(stored: Stored, wanted: str) -> None:
    assert wanted in facts(traced(stored=stored))


CRUN = f"{POD_SLICE}/crio-{'e' * 64}.scope/container"


@pytest.mark.parametrize(
    ("started", "wanted"),
    [
        (None, "ended while it was looked at"),
        (replace(STARTED, oci_runtime="", oci_version=""), "OCI runtime unknown, PID 4194304"),
        (replace(STARTED, shared=KINDS), "own namespaces: none"),
        (replace(STARTED, cgroup=CRUN), "cgroup .../crio-eeeeeeeeeeee.scope"),
        (replace(STARTED, cgroup="/kubelet.slice/other"), "cgroup .../other"),
    ],
)
def test_a_process_tells_what_is_known_of_it(started: Started | None, wanted: str) -> None:
    assert wanted in facts(traced(replace(CONTAINER, started=started)))


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_the_labs_own_names_fit_80_columns(
    out: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = shown(traced(CONTAINER), out()).splitlines()
    assert max(map(len, (re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in lines))) <= 80
    assert len(lines) == 1 + len(facts(traced(CONTAINER)))


def test_a_name_that_is_too_long_stays_whole_where_there_is_no_terminal() -> None:
    text = shown(traced(replace(CONTAINER, pod=STATIC)), io.StringIO())
    assert f"  runs as       43fa048469b8   {STATIC}\n" in text


def test_a_name_that_is_too_long_goes_on_below_itself_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    text = re.sub(r"\x1b\[[\d;]*m", "", shown(traced(replace(CONTAINER, pod=STATIC)), Terminal()))
    first = next(line for line in text.splitlines() if "runs as" in line)
    where, _, image, _, what = re.split(r"( {2,})(?=\S)", first.strip())
    assert (where, image) == ("runs as", "43fa048469b8")
    start, after = first.index(what), text.splitlines()[text.splitlines().index(first) + 1]
    assert what + after.strip() == STATIC
    assert after[:start].strip() == ""
    assert max(map(len, text.splitlines())) <= 80


def test_colour_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in shown(traced(CONTAINER), io.StringIO())
    assert "\x1b" in shown(traced(CONTAINER), Terminal())


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The paths in a document as the page writes them; namespaces are ids by kind."""
    if isinstance(value, dict) and not path.endswith("namespaces"):
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below, f"{path}[]")
    else:
        yield path


def test_the_document_has_the_fields_that_the_page_names() -> None:
    old = replace(CONTAINER, config_digest=MANIFEST)
    found = document(traced(CONTAINER, old))
    page = PAGE.read_text(encoding="utf-8").partition("## The document")[2]
    named = re.findall(r"^\| `([a-z_.\[\]]+)` \|", page, re.MULTILINE)
    # What may be null has a row of its own above its fields.
    whole = {"nodes[].stored", "nodes[].containers[].process"}
    below = {path for path in leaves(found) if not path.startswith("engine.stored.")}
    assert set(named) == below | whole | {"engine.stored"}
    assert len(named) == len(set(named))
    assert found["engine"]["stored"].keys() == found["nodes"][0]["stored"].keys()
    assert found["format"] == FORMAT
    assert f"`{FORMAT}`" in page


def test_what_is_not_known_is_null() -> None:
    unknown = replace(STARTED, oci_runtime="", oci_path="", oci_version="")
    ended = replace(CONTAINER, started=None)
    bare = replace(STORED, manifest_digest="", unpacked_by="")
    found = document(traced(replace(CONTAINER, started=unknown), ended, stored=bare, engine=None))
    (node,) = found["nodes"]
    first, second = node["containers"]
    assert (found["engine"]["stored"], second["process"]) == (None, None)
    assert (node["stored"]["manifest_digest"], node["stored"]["unpacked_by"]) == (None, None)
    assert set(first["process"]["oci_runtime"].values()) == {None}
    assert document(traced(stored=None))["nodes"][0]["stored"] is None


def test_the_document_tells_whole_digests_and_the_rest_as_it_was_found() -> None:
    found = document(traced(CONTAINER))
    assert (found["image"], found["identical"], found["differences"]) == (NAME, True, [])
    (node,) = found["nodes"]
    assert node["node"] == f"{KIND}-control-plane"
    assert node["stored"]["diff_ids"] == list(DIFF_IDS)
    (container,) = node["containers"]
    assert (container["id"], container["pod"]) == (ID[Runtime.CONTAINERD], POD)
    process = container["process"]
    assert (process["pid"], process["shared_with_node"]) == (4194304, ["time"])
    assert process["namespaces"] == STARTED.namespaces
    assert (process["cgroup"], process["rootfs"]) == (STARTED.cgroup, STARTED.rootfs)
