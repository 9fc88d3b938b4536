"""`labctl trace` in a real cluster: what it says is what the node itself shows."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from labctl.trace import short
from tests.lab_fixtures import Running
from tests.planting import build, plant

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]


@pytest.fixture
def tag(lab: Running, tmp_path: Path) -> Iterator[str]:
    """The name of an image of the test's own, in the engine alone."""
    tag = f"trace-{secrets.token_hex(3)}:1"
    first = build(tag, tmp_path / "first", "first")
    yield tag
    for image in (tag, first):  # a test may have given the name away
        subprocess.run(["docker", "rmi", "--force", image], check=False, capture_output=True)
    remove = ["docker", "exec", lab.node, "crictl", "rmi", f"docker.io/library/{tag}"]
    subprocess.run(remove, check=False, capture_output=True)


@contextmanager
def pod(lab: Running, image: str, *, runtime_class: str = "") -> Iterator[str]:
    """A ready Pod, gone afterwards; answers its name as trace writes it."""
    name = f"{image.partition(':')[0]}{runtime_class and f'-{runtime_class}'}"
    try:
        lab.run_pod(name, image, runtime_class=runtime_class)
        yield f"default/{name}"
    finally:
        lab.kubectl("delete", "pod", name, "--now", "--ignore-not-found", code=None)


def on_node(lab: Running, *argv: str) -> str:
    ran = subprocess.run(
        ["docker", "exec", lab.node, *argv], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def only_container(document: dict[str, Any]) -> dict[str, Any]:
    (node,) = document["nodes"]
    (container,) = node["containers"]
    found: dict[str, Any] = container
    return found


def test_an_image_that_is_loaded_and_runs_is_identical(lab: Running, tag: str) -> None:
    lab("load", tag)
    with pod(lab, tag) as name:
        document = lab.json("trace", tag)
        text = lab("trace", tag).out.splitlines()
    assert (document["identical"], document["differences"]) == (True, [])
    (node,) = document["nodes"]
    container = only_container(document)
    assert (node["node"], container["pod"]) == (lab.node, name)
    config = document["engine"]["stored"]["config_digest"]
    assert (node["stored"]["config_digest"], container["config_digest"]) == (config, config)
    assert node["stored"]["diff_ids"] == document["engine"]["stored"]["diff_ids"]
    assert node["stored"]["unpacked_by"]
    assert text[0] == f"docker.io/library/{tag}"
    assert text[-1].startswith(
        f"Identical: one image, {short(config)}, in the engine and on 1 node"
    )
    assert text[-1].endswith("and 1 container runs it by runc.")
    assert all(len(line) <= 80 for line in text[:-1]), text


def test_the_process_is_the_one_in_the_nodes_proc(lab: Running, tag: str) -> None:
    lab("load", tag)
    with pod(lab, tag):
        container = only_container(lab.json("trace", tag))
        process = container["process"]
        proc = f"/proc/{process['pid']}"
        assert on_node(lab, "cat", f"{proc}/comm") == "python3"
        assert on_node(lab, "cat", f"{proc}/root/greeting") == "first"
        for kind in ("net", "mnt", "user"):
            own = on_node(lab, "readlink", f"{proc}/ns/{kind}")
            shared = own == on_node(lab, "readlink", f"/proc/1/ns/{kind}")
            assert process["namespaces"][kind] == own
            assert (kind in process["shared_with_node"]) == shared
        assert {"net", "mnt"}.isdisjoint(process["shared_with_node"])
        assert process["cgroup"] in on_node(lab, "cat", f"{proc}/cgroup")
        assert container["id"] in process["cgroup"]
        # The lowest layer is the base: the shell is in it, the greeting is not.
        assert on_node(lab, "ls", f"{process['rootfs']}/usr/bin")
        missing = ["docker", "exec", lab.node, "test", "-e", f"{process['rootfs']}/greeting"]
        assert subprocess.run(missing, check=False).returncode == 1
        version = on_node(lab, process["oci_runtime"]["path"], "--version")
        assert process["oci_runtime"]["name"] == "runc"
        assert process["oci_runtime"]["version"] in version.splitlines()[0]
        status = on_node(lab, "cat", f"{proc}/status")
        parent = status.partition("PPid:")[2].split()[0]
        assert process["parent"] in on_node(lab, "cat", f"/proc/{parent}/cmdline")


def test_a_pod_of_another_runtime_class_shows_its_oci_runtime(lab: Running, tag: str) -> None:
    lab("load", tag)
    with pod(lab, tag) as by_default, pod(lab, tag, runtime_class="crun") as by_crun:
        processes = lab.processes(tag)
        sentence = lab.json("trace", tag)["sentence"]
        runtimes = {name: process["oci_runtime"]["name"] for name, process in processes.items()}
    assert runtimes == {by_default: "runc", by_crun: "crun"}
    assert sentence.endswith("2 containers run it by crun and runc.")


def test_a_changed_image_under_the_same_name_on_the_node_is_found(
    lab: Running, tag: str, tmp_path: Path
) -> None:
    lab("load", tag)
    before = lab.json("trace", tag)
    changed = plant(lab, lab.node, tag, tmp_path / "changed")
    document = lab.json("trace", tag, code=1)
    ours = document["engine"]["stored"]["config_digest"]
    assert ours == before["engine"]["stored"]["config_digest"] != changed
    (node,) = document["nodes"]
    assert node["stored"]["config_digest"] == changed
    assert node["stored"]["diff_ids"] != document["engine"]["stored"]["diff_ids"]
    difference = f"'{lab.node}' has {short(changed)} under that name, not {short(ours)}"
    assert (document["identical"], document["differences"]) == (False, [difference])
    assert lab("trace", tag, code=1).out.splitlines()[-1] == f"Not identical: {difference}."
    lab("load", tag)
    assert lab.json("trace", tag)["identical"]


def test_a_pod_that_was_not_started_anew_after_a_load_is_found(
    lab: Running, tag: str, tmp_path: Path
) -> None:
    lab("load", tag)
    with pod(lab, tag) as name:
        old = only_container(lab.json("trace", tag))
        build(tag, tmp_path / "second", "second")
        lab("load", tag)
        document = lab.json("trace", tag, code=1)
    new = document["engine"]["stored"]["config_digest"]
    assert document["nodes"][0]["stored"]["config_digest"] == new
    # Neither store has the old one under the name any more: it is found by the Pod's spec.
    assert only_container(document) == old
    assert document["differences"] == [
        f"container '{old['name']}' of Pod '{name}' on '{lab.node}'"
        f" runs {short(old['config_digest'])}, not {short(new)}"
    ]


def test_what_one_side_lacks(lab: Running, tag: str) -> None:
    document = lab.json("trace", tag, code=1)
    assert document["differences"] == [f"'{lab.node}' does not have it"]
    lab("load", tag)
    subprocess.run(["docker", "rmi", tag], check=True, capture_output=True)
    document = lab.json("trace", tag)
    assert (document["identical"], document["engine"]["stored"]) == (True, None)


def test_an_image_that_is_nowhere_is_exit_4(lab: Running, tag: str) -> None:
    missed = lab("trace", tag.replace("trace-", "tarce-"), code=4)
    assert f"Did you mean {tag}" in missed.err
