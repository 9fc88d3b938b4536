"""FakeStorage and the real engine's volumes answer the same."""

import json
import os
import secrets
from collections.abc import Iterator

import pytest

from labctl.errors import ToolFailed, ToolTimeout
from labctl.model import (
    CHECKPOINT,
    KIND_CLUSTER,
    KIND_ROLE,
    LABEL_CHECKPOINT,
    LABEL_KIND,
    NETWORK,
)
from labctl.nodeimage.recipe import BASE
from labctl.tools.engine import DockerEngine
from labctl.tools.engine_volumes import API_PORT
from labctl.waiting import Pending, wait_until
from tests.storage_subject import ENTRY, GONE, NOTHING, WAIT, Subject, fake, real

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    yield from request.param(f"test-{secrets.token_hex(3)}")


REAL = pytest.mark.parametrize("subject", [real], indirect=True, ids=["real"])


def test_volumes_are_found_by_their_labels(subject: Subject) -> None:
    subject.storage.make_volume(subject.volume, labels=subject.labels)
    assert subject.storage.volumes(subject.label) == {subject.volume: subject.labels}
    assert subject.volume in subject.storage.volumes(LABEL_CHECKPOINT)
    assert subject.storage.volumes(f"{subject.label}-2") == {}


def test_a_volume_that_is_there_stays_as_it_is(subject: Subject) -> None:
    for more in ({}, {"dev.labctl.late": "x"}):
        subject.storage.make_volume(subject.volume, labels={**subject.labels, **more})
    assert subject.storage.volumes(subject.label) == {subject.volume: subject.labels}


def test_a_volume_is_removed_and_of_none_that_is_no_failure(subject: Subject) -> None:
    subject.storage.make_volume(subject.volume, labels=subject.labels)
    for _ in range(2):
        subject.storage.remove_volume(subject.volume)
        assert subject.storage.volumes(subject.label) == {}


def test_a_volume_in_use_is_not_removed(subject: Subject) -> None:
    subject.storage.make_volume(subject.volume, labels=subject.labels)
    subject.hold(subject.volume)
    with pytest.raises(ToolFailed, match="in use"):
        subject.storage.remove_volume(subject.volume)
    assert subject.volume in subject.storage.volumes(subject.label)


def test_what_a_script_prints_is_answered_and_its_container_is_gone(subject: Subject) -> None:
    assert subject.run("echo here; echo aside >&2") == "here\n"
    assert subject.run("echo $KIND") == "saved\n"
    assert subject.nothing_works()


def test_a_script_that_fails_says_its_last_line_and_leaves_nothing(subject: Subject) -> None:
    script = f"echo first >&2; echo {NOTHING} >&2; exit 3"
    with pytest.raises(ToolFailed, match=NOTHING) as caught:
        subject.run(script, commit=subject.image)
    assert caught.value.details == ("first", NOTHING)
    assert subject.engine.image(subject.image) is None
    assert subject.nothing_works()


def test_a_full_disk_is_told_though_it_took_no_message(subject: Subject) -> None:
    with pytest.raises(ToolFailed, match="No space left on device"):
        subject.run("exit 28")


def test_a_script_that_takes_too_long_is_ended(subject: Subject) -> None:
    with pytest.raises(ToolTimeout):
        subject.storage.run(BASE, "sleep 60", labels=subject.labels, volumes={}, timeout=1)
    assert subject.nothing_works()


def test_what_is_written_to_a_volume_is_there_the_next_time(subject: Subject) -> None:
    subject.storage.make_volume(subject.volume, labels=subject.labels)
    subject.run("echo a >/checkpoint/a", mounted=True)
    assert subject.run("cat /checkpoint/a", mounted=True) == "a\n"
    assert subject.storage.volumes(subject.label) == {subject.volume: subject.labels}


def test_a_containers_volumes_can_be_read_and_not_written_and_stay_its_own(
    subject: Subject,
) -> None:
    subject.engine.put_file(subject.container, "/var/mark", b"x\n")
    read_only = f"{subject.container}:ro"
    for _ in range(2):
        assert subject.run("cat /var/mark", volumes_from=read_only) == "x\n"
    with pytest.raises(ToolFailed, match="Read-only"):
        subject.run("touch /var/y", volumes_from=read_only)
    assert subject.engine.get_file(subject.container, "/var/mark") == b"x\n"


def test_an_image_is_made_of_what_a_script_did(subject: Subject) -> None:
    base = subject.engine.image(BASE)
    assert base
    assert subject.run("echo made >/made; echo here", commit=subject.image) == "here\n"
    made = subject.engine.image(subject.image)
    assert made
    assert made.tags == (subject.image,)
    assert made.image_id != base.image_id
    # What is made of the image inherits its labels, and does not belong to the checkpoint.
    assert made.labels == {**base.labels, **subject.labels, LABEL_CHECKPOINT: ""}
    found = subject.engine.images(f"{LABEL_KIND}={CHECKPOINT}")
    assert subject.image in {tag for one in found for tag in one.tags}
    said = subject.storage.run(
        subject.image, "cat /made", labels=subject.labels, volumes={}, timeout=WAIT
    )
    assert said == "made\n"


@REAL
def test_the_image_starts_as_the_one_that_it_was_made_of(subject: Subject) -> None:
    subject.storage.run(
        subject.base,
        "true",
        labels=subject.labels,
        volumes={},
        commit=subject.image,
        timeout=WAIT,
    )
    api = DockerEngine(os.environ).api
    base, made = (api.inspect_image(one)["Config"] for one in (subject.base, subject.image))
    api.close()
    assert made["Entrypoint"] == ["/entry", "/init"]
    assert {key: made.get(key) for key in ("Entrypoint", "Cmd", "StopSignal")} == {
        key: base.get(key) for key in ("Entrypoint", "Cmd", "StopSignal")
    }


def test_without_the_image_or_the_container_it_is_a_failure(subject: Subject) -> None:
    with pytest.raises(ToolFailed):
        subject.storage.run(
            "labctl/no-such:image", "true", labels=subject.labels, volumes={}, timeout=WAIT
        )
    for ask in (
        lambda: subject.run("true", volumes_from="labctl-no-such"),
        lambda: subject.storage.changes("labctl-no-such"),
        lambda: subject.storage.node_record("labctl-no-such"),
        lambda: subject.make_node(image="labctl/no-such:image"),
    ):
        with pytest.raises(ToolFailed):
            ask()
    assert subject.nothing_works()


def test_what_was_put_is_a_change_and_what_was_removed_one_that_is_gone(subject: Subject) -> None:
    for path in ("/etc/mark", "/var/mark"):
        subject.engine.put_file(subject.container, path, b"x")
    subject.engine.start(subject.container)
    changes = wait_until(
        lambda: (
            found if GONE in (found := subject.storage.changes(subject.container)) else Pending("")
        ),
        what="the container to remove a file",
        timeout=WAIT,
    )
    assert (changes["/etc/mark"], changes[GONE]) == (True, False)
    assert "/var/mark" not in changes
    assert "/etc/group" not in changes


def test_a_node_is_made_from_a_record_that_was_written_down(subject: Subject) -> None:
    record = subject.storage.node_record(subject.container)
    assert json.loads(json.dumps(record)) == record
    assert record["host"]["Privileged"] is True
    assert any(text.startswith("MADE=") for text in record["environ"])
    made = subject.make_node()
    (node,) = [node for node in subject.engine.nodes() if node.name == made]
    assert (node.role, node.running, node.state) == ("worker", False, "created")
    assert (node.image, node.kind_cluster) == (BASE, subject.name)
    base = subject.engine.image(BASE)
    assert base
    wanted = {**base.labels, **subject.labels, KIND_CLUSTER: subject.name, KIND_ROLE: "worker"}
    assert node.labels == wanted
    again = subject.storage.node_record(made)
    assert sorted(again["environ"]) == sorted(record["environ"])
    for key in ("Privileged", "Tmpfs", "SecurityOpt"):
        assert again["host"].get(key) == record["host"].get(key)
    with pytest.raises(ToolFailed, match="already in use"):
        subject.make_node()


@REAL
@pytest.mark.parametrize("published", [True, False])
def test_a_node_has_its_own_var_and_name_and_only_the_machine_reaches_its_port(
    subject: Subject, published: bool
) -> None:
    made = subject.make_node(published=published)
    engine = DockerEngine(os.environ)
    found = engine.inspect(made)
    config, host = found["Config"], found["HostConfig"]
    assert (config["Hostname"], config["Tty"], host["NetworkMode"]) == (made, True, NETWORK)
    base = engine.api.inspect_image(BASE)["Config"]["Entrypoint"] or []
    assert config["Entrypoint"] == [*ENTRY, *base]
    (volume,) = [mount["Name"] for mount in found["Mounts"] if mount["Destination"] == "/var"]
    (other,) = [
        mount["Name"]
        for mount in engine.inspect(subject.container)["Mounts"]
        if mount["Destination"] == "/var"
    ]
    assert volume != other
    ports = host.get("PortBindings") or {}
    assert set(ports) == ({API_PORT} if published else set())
    if published:
        (binding,) = ports[API_PORT]
        assert binding["HostIp"] == "127.0.0.1"
        assert 1024 < int(binding["HostPort"]) < 65536
    assert subject.engine.remove_containers(subject.label) == (made,)
    left = [row["Name"] for row in engine.api.volumes()["Volumes"] or ()]
    assert volume not in left
    engine.api.close()
