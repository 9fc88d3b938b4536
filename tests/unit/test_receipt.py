"""Receipts: what they hold, and what is said of files that are none."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labctl.catalog import Lab
from labctl.errors import UsageError
from labctl.lab_digest import lab_digest
from labctl.model import Cluster, Node
from labctl.ops.receipt import receipt
from labctl.receipt import MOST, Receipt, digest_of, read_receipt
from labctl.results import CheckResult, Outcome, Report, StepResult
from tests.image_fakes import FakeImages
from tests.lab_factory import LAB, tiny

WITH_IMAGES = LAB + "images: [{build: app, tag: 'shop:v1'}, {build: app, tag: 'gone:v1'}]\n"
TIME = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
NODE = Node("labctl-tiny-control-plane", "control-plane", True, "running", "image")
CLUSTER = Cluster("tiny", "tiny", "1.36.3", ("containerd",), "runc", (NODE, NODE))
STEPS = (
    StepResult("first", (CheckResult("one", "One", Outcome.FAIL, code="absent"),)),
    StepResult("second", (CheckResult("two", "Two", Outcome.BLOCKED, blocked_by="one"),)),
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    (tmp_path / "labs/010-tiny/app").mkdir(parents=True)
    (tmp_path / "labs/010-tiny/app/Dockerfile").write_text("FROM scratch\n")
    return tiny(tmp_path / "labs", lab=WITH_IMAGES)


def images(*, containerd_store: bool = False) -> FakeImages:
    found = FakeImages(containerd_store)
    found.add("shop:v1")
    return found


@pytest.fixture
def made(lab: Lab) -> Receipt:
    report = Report("tiny", "tiny", STEPS, 1.0)
    return receipt(lab, CLUSTER, report, images(), seed=7, now=TIME)


@pytest.fixture
def path(tmp_path: Path, made: Receipt) -> Path:
    written = tmp_path / "receipt.json"
    written.write_text(made.text())
    return written


def changed(path: Path, **keys: Any) -> Path:
    """With other values, and a digest that fits them."""
    document = {**json.loads(path.read_text()), **keys}
    document["digest"] = digest_of(document)
    path.write_text(json.dumps(document))
    return path


def test_a_receipt_says_what_was_checked_against_what(lab: Lab, path: Path) -> None:
    document = json.loads(path.read_text())
    assert document.pop("digest").startswith("sha256:")
    assert document.pop("labctl")
    assert document.pop("engine") == "28.5.2"
    image = document.pop("images")
    assert set(image) == {"shop:v1", "gone:v1"}
    assert image["gone:v1"] is None
    assert image["shop:v1"].startswith("sha256:")
    assert document == {
        "format": "labctl/receipt/v1",
        "lab": {"id": "tiny", "digest": lab_digest(lab.folder)},
        "seed": 7,
        "time": "2026-01-02T03:04:05Z",
        "outcome": "fail",
        "cluster": {
            "kubernetes": "1.36.3",
            "runtimes": ["containerd"],
            "oci_runtime": "runc",
            "nodes": 2,
        },
        "steps": [
            {"id": "first", "checks": [{"name": "one", "outcome": "fail", "code": "absent"}]},
            {"id": "second", "checks": [{"name": "two", "outcome": "blocked", "code": None}]},
        ],
    }


def test_an_image_has_one_digest_whatever_store_docker_uses(lab: Lab, made: Receipt) -> None:
    report = Report("tiny", "tiny", STEPS, 1.0)
    other = receipt(lab, CLUSTER, report, images(containerd_store=True), seed=7, now=TIME)
    assert other.images == made.images


def test_what_was_written_is_read(path: Path, made: Receipt) -> None:
    found = read_receipt(path)
    assert replace_digest(found) == made
    assert found.outcomes == {"one": Outcome.FAIL, "two": Outcome.BLOCKED}


def replace_digest(found: Receipt) -> Receipt:
    return found.model_copy(update={"digest": ""})


def test_another_layout_is_no_edit(path: Path) -> None:
    document = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(document.items())), indent=8))
    assert read_receipt(path).seed == 7


def test_a_key_of_a_later_labctl_is_no_edit(path: Path) -> None:
    assert read_receipt(changed(path, more={"a": 1})).seed == 7


def test_an_edit_shows(path: Path) -> None:
    path.write_text(path.read_text().replace('"outcome": "fail"', '"outcome": "pass"'))
    with pytest.raises(UsageError, match="was changed after labctl wrote it"):
        read_receipt(path)


def test_a_receipt_without_its_digest_is_an_edited_one(path: Path) -> None:
    document = json.loads(path.read_text())
    del document["digest"]
    path.write_text(json.dumps(document))
    with pytest.raises(UsageError, match="was changed"):
        read_receipt(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b"{}", "its format is not 'labctl/receipt/v1'"),
        (b'{"format": "labctl/result/v1"}', "its format is not 'labctl/receipt/v1'"),
        (b'{"format": ["labctl/receipt/v1"]}', "its format is not"),
        (b'{"format": "labctl/receipt/v1", "seed": "\\ud800"}', "was changed"),
    ],
)
def test_what_is_no_receipt_is_one_sentence(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        read_receipt(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"lab": {"id": "../../etc", "digest": "sha256:" + "0" * 64}}, "lab.id"),
        ({"lab": {"id": "tiny", "digest": "md5:0"}}, "lab.digest"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 70}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"time": "yesterday"}, "time"),
        ({"steps": 1}, "steps"),
        (
            {
                "cluster": {
                    "kubernetes": "1.36.3; reboot",
                    "runtimes": ["containerd"],
                    "oci_runtime": "runc",
                    "nodes": 1,
                }
            },
            "cluster.kubernetes",
        ),
        (
            {
                "cluster": {
                    "kubernetes": "1.36.3",
                    "runtimes": [],
                    "oci_runtime": "runc",
                    "nodes": 1,
                }
            },
            "cluster.runtimes",
        ),
    ],
)
def test_values_that_nobody_wrote_are_refused_before_they_are_used(
    path: Path, keys: dict[str, Any], where: str
) -> None:
    with pytest.raises(UsageError, match=f"is no receipt of a lab: {where}"):
        read_receipt(changed(path, **keys))


def test_a_large_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(UsageError, match=r"it has 100\.0 MiB, a receipt at most 1"):
        read_receipt(path)
    path.write_bytes(b" " * (MOST + 1))
    with pytest.raises(UsageError, match="a receipt at most"):
        read_receipt(path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in (
        ("pipe", "it is no file"),
        ("gone", "can't be read"),
        (".", "it is no file"),
    ):
        with pytest.raises(UsageError, match=said):
            read_receipt(tmp_path / name)


def test_a_receipt_has_whole_seconds(made: Receipt) -> None:
    assert made.time == TIME.replace(microsecond=0)


def test_the_digest_is_of_the_content(made: Receipt) -> None:
    other = made.model_copy(update={"seed": 8})
    assert json.loads(other.text())["digest"] != json.loads(made.text())["digest"]


@pytest.mark.parametrize(("number", "later"), [("v2", True), ("v12", True), ("v0", False)])
def test_a_later_labctl_s_receipt_asks_for_an_update(
    tmp_path: Path, number: str, later: bool
) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(f'{{"format": "labctl/receipt/{number}"}}')
    with pytest.raises(UsageError) as caught:
        read_receipt(path)
    assert ("written by a later labctl" in caught.value.message) is later
    assert caught.value.hint.startswith("Update labctl: ") is later
