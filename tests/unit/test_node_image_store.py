import resource
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labctl.errors import Interrupted, PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import Runtime
from labctl.ops.node_image_store import export_bundle, import_bundle, node_images
from labctl.ui.quantities import age, size
from tests.fakes import FakeProgress
from tests.image_fakes import FakeImages

NODE = "labctl/node:v1.36.3-containerd"
PYTHON = "labctl/python:3.13"


@pytest.fixture
def engine() -> FakeImages:
    made = FakeImages()
    made.add(NODE)
    made.add(PYTHON)
    made.label(NODE, kind="node-image", kubernetes="1.36.3", runtime="containerd")
    return made


def export(
    engine: FakeImages,
    target: Path,
    kubernetes: str | None = "1.36",
    runtime: Runtime = Runtime.CONTAINERD,
) -> None:
    export_bundle(
        engine,
        kubernetes,
        runtime,
        target,
        lab_base=lambda: PYTHON,
        progress=FakeProgress(),
    )


def test_what_was_exported_is_there_after_import(engine: FakeImages, tmp_path: Path) -> None:
    target = tmp_path / "k8s.tar.zst"
    export(engine, target)
    other = FakeImages()
    about = import_bundle(other, target, progress=FakeProgress())
    assert [image.tag for image in about.images] == [NODE, PYTHON]
    assert about.kubernetes == "1.36.3"
    assert set(other.stored) == {NODE, PYTHON}
    assert [path.name for path in tmp_path.iterdir()] == ["k8s.tar.zst"]


def test_a_missing_node_image_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing) as caught:
        export(FakeImages(), tmp_path / "file", "1.36.3")
    wanted = "labctl node-image build --kubernetes 1.36.3 --runtime containerd"
    assert caught.value.hint == f"Build it: {wanted}"
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_builds_a_missing_node_image_names_its_runtime(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing) as caught:
        export(FakeImages(), tmp_path / "file", "1.36.3", Runtime.DOCKER)
    wanted = "labctl node-image build --kubernetes 1.36.3 --runtime docker"
    assert caught.value.hint == f"Build it: {wanted}"


@pytest.mark.parametrize("error", [ToolFailed("engine went away"), Interrupted("Stopped.")])
def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(
    engine: FakeImages, tmp_path: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(references: object) -> Iterator[bytes]:
        yield engine.archive(NODE)[:2000]
        raise error

    target = tmp_path / "file"
    target.write_bytes(b"old")
    monkeypatch.setattr(engine, "save", broken)
    with pytest.raises(type(error)):
        export(engine, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_disk_that_takes_no_more_is_one_message_and_leaves_nothing(
    engine: FakeImages, tmp_path: Path
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(ToolFailed, match=r"Could not write .*/file': File too large"):
            export(engine, tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(engine: FakeImages, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no-such/file': No such file or directory"):
        export(engine, tmp_path / "no-such" / "file")


def test_a_damaged_bundle_loads_nothing(engine: FakeImages, tmp_path: Path) -> None:
    target = tmp_path / "file"
    export(engine, target)
    target.write_bytes(target.read_bytes()[:-200])
    other = FakeImages()
    with pytest.raises(ToolFailed, match=r"/file' can't be used, and nothing was loaded.*damaged"):
        import_bundle(other, target, progress=FakeProgress())
    assert other.loaded == 0


def test_a_foreign_file_loads_nothing(tmp_path: Path) -> None:
    target = tmp_path / "photo.jpg"
    target.write_bytes(b"\xff\xd8\xff")
    other = FakeImages()
    with pytest.raises(UsageError, match="not a bundle"):
        import_bundle(other, target, progress=FakeProgress())
    assert other.loaded == 0


def test_a_folder_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="Could not read"):
        import_bundle(FakeImages(), tmp_path, progress=FakeProgress())


def test_node_images_are_listed_newest_first_without_those_that_lost_their_name() -> None:
    engine = FakeImages()
    for version in ("1.9.9", "1.36.3", "1.34.4"):
        engine.add(version)
        engine.label(version, kind="node-image", kubernetes=version)
    engine.add("app:1")
    engine.label("app:1", kind="lab-image")
    engine.stored["sha256:1"] = replace(engine.stored["1.36.3"], tags=())
    assert [image.tags for image in node_images(engine)] == [("1.36.3",), ("1.34.4",), ("1.9.9",)]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (20_400, "20.4 kB"),
        (528_000_000, "528 MB"),
        (1 << 40, "1100 GB"),
    ],
)
def test_sizes_read_as_docker_prints_them(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59, "under a minute"),
        (60, "1 minute"),
        (7300, "2 hours"),
        (90000, "1 day"),
        (-5, "under a minute"),
    ],
)
def test_ages_name_their_largest_unit(seconds: float, text: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == text
    assert age(None, now) == "unknown"
