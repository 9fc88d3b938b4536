from dataclasses import replace

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import Runtime
from labctl.ops.load import Loaded, Result, ensure_loaded, load
from tests.fakes import FakeProgress, FakeTime
from tests.image_fakes import FakeImages, FakeNodeStore, digest, layer

NAME = "docker.io/library/app:1"


def run(engine: FakeImages, nodes: list[FakeNodeStore], *references: str) -> tuple[Loaded, ...]:
    return load(engine, nodes, references, progress=FakeProgress(), clock=FakeTime().clock())


def results(outcome: tuple[Loaded, ...]) -> list[tuple[str, Result]]:
    return [(one.node, one.result) for one in outcome]


def failing(error: BaseException) -> FakeNodeStore:
    def fail() -> None:
        raise error

    return FakeNodeStore("broken", before_import=fail)


@pytest.mark.parametrize("containerd_store", [False, True])
def test_every_node_gets_the_image_under_its_full_name(containerd_store: bool) -> None:
    engine = FakeImages(containerd_store)
    config = engine.add("app:1")
    nodes = [FakeNodeStore(runtime, runtime=runtime) for runtime in Runtime]
    outcome = run(engine, nodes, "app:1")
    assert results(outcome) == [(runtime, Result.LOADED) for runtime in Runtime]
    assert [node.held for node in nodes] == [{NAME: config}] * len(Runtime)
    assert {one.digest for one in outcome} == {config}


@pytest.mark.parametrize("containerd_store", [False, True])
def test_what_is_there_is_not_sent_again(containerd_store: bool) -> None:
    engine = FakeImages(containerd_store)
    engine.add("app:1")
    node = FakeNodeStore("a")
    run(engine, [node], "app:1")
    node.before_import = pytest.fail
    assert results(run(engine, [node], "app:1")) == [("a", Result.THERE)]


def test_with_the_overlay2_store_an_image_that_is_there_is_not_even_saved() -> None:
    engine = FakeImages()
    engine.add("app:1")
    node = FakeNodeStore("a")
    node.take(NAME, engine.stored["app:1"])
    run(engine, [node], "app:1")
    assert engine.saved == []


def test_only_the_nodes_that_lack_it_are_sent_to_and_lines_keep_the_nodes_order() -> None:
    engine = FakeImages()
    engine.add("app:1")
    there = FakeNodeStore("b", before_import=pytest.fail)
    there.take(NAME, engine.stored["app:1"])
    outcome = run(engine, [FakeNodeStore("a"), there], "app:1")
    assert results(outcome) == [("a", Result.LOADED), ("b", Result.THERE)]


def test_a_name_that_means_another_image_on_the_node_is_moved() -> None:
    engine = FakeImages()
    config = engine.add("app:1", layer("new"))
    node = FakeNodeStore("a", held={NAME: "sha256:old"})
    assert results(run(engine, [node], "app:1")) == [("a", Result.LOADED)]
    assert node.held == {NAME: config}


def test_the_same_image_under_another_name_is_not_there_yet() -> None:
    engine = FakeImages()
    config = engine.add("app:1")
    node = FakeNodeStore("a", held={"docker.io/library/other:1": config})
    assert results(run(engine, [node], "app:1")) == [("a", Result.LOADED)]


def test_a_node_that_fails_is_a_line_of_its_own_and_the_others_finish() -> None:
    engine = FakeImages()
    engine.add("app:1")
    outcome = run(engine, [failing(ToolFailed("no space left")), FakeNodeStore("b")], "app:1")
    assert results(outcome) == [("broken", Result.FAILED), ("b", Result.LOADED)]
    assert outcome[0].reason == "no space left"


def test_a_node_that_can_not_be_asked_is_a_line_of_its_own() -> None:
    def gone() -> None:
        raise ToolFailed("container is not running")

    engine = FakeImages()
    engine.add("app:1")
    nodes = [FakeNodeStore("gone", before_answer=gone), FakeNodeStore("b")]
    assert results(run(engine, nodes, "app:1")) == [("gone", Result.FAILED), ("b", Result.LOADED)]


def test_an_import_that_leaves_another_digest_is_a_failure() -> None:
    engine = FakeImages()
    engine.add("app:1")
    node = FakeNodeStore("a")
    node.before_answer = lambda: node.held.update({NAME: "sha256:other"})
    outcome = run(engine, [node], "app:1")
    assert results(outcome) == [("a", Result.FAILED)]
    assert "sha256:other" in outcome[0].reason


def test_ensure_loaded_raises_with_every_reason() -> None:
    engine = FakeImages()
    engine.add("app:1")
    nodes = [failing(ToolFailed("no space left")), FakeNodeStore("b")]
    with pytest.raises(ToolFailed, match="1 of 2 nodes") as caught:
        ensure_loaded(engine, nodes, ["app:1"], progress=FakeProgress(), clock=FakeTime().clock())
    assert caught.value.details == ("broken: docker.io/library/app:1: no space left",)


def test_an_image_that_is_not_there_suggests_one_that_is() -> None:
    engine = FakeImages()
    engine.add("model-server:v1")
    with pytest.raises(PrerequisiteMissing, match="no image 'model-sever:v1'") as caught:
        run(engine, [FakeNodeStore("a")], "model-sever:v1")
    assert caught.value.hint == "Did you mean model-server:v1?"


def test_an_image_for_other_machines_is_refused_before_anything_is_sent() -> None:
    engine = FakeImages()
    engine.add("app:1")
    engine.add("arm:1", architecture="arm64")
    node = FakeNodeStore("a")
    with pytest.raises(PrerequisiteMissing, match="linux/arm64, but node 'a' is linux/amd64"):
        run(engine, [node], "app:1", "arm:1")
    assert node.held == {}


def test_an_id_is_no_name() -> None:
    engine = FakeImages()
    engine.add("app:1")
    engine.stored["0123456789ab"] = replace(engine.stored["app:1"])
    with pytest.raises(UsageError, match="not its name"):
        run(engine, [FakeNodeStore("a")], "0123456789ab")


def test_the_same_image_twice_is_one() -> None:
    engine = FakeImages()
    engine.add("app:1")
    engine.stored[NAME] = engine.stored["app:1"]
    engine.made[NAME] = engine.made["app:1"]
    assert len(run(engine, [FakeNodeStore("a")], "app:1", NAME)) == 1


def test_several_images_are_all_loaded() -> None:
    engine = FakeImages()
    engine.add("app:1")
    engine.add("app:2")
    node = FakeNodeStore("a")
    outcome = run(engine, [node], "app:2", "app:1")
    assert [one.image for one in outcome] == ["docker.io/library/app:2", NAME]
    assert set(node.held) == {NAME, "docker.io/library/app:2"}


ONE, TWO, THREE = layer("one"), layer("two"), layer("three")


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("containerd_store", [True, False])
@pytest.mark.parametrize("runtime", Runtime)
def test_a_changed_layer_is_all_that_is_sent(
    runtime: Runtime, containerd_store: bool, readable: bool
) -> None:
    engine = FakeImages(containerd_store, readable=readable)
    engine.add("app:1", ONE, TWO)
    node = FakeNodeStore("a", runtime=runtime)
    run(engine, [node], "app:1")
    config = engine.add("app:1", ONE, THREE)
    (line,) = run(engine, [node], "app:1")
    assert (node.held, node.got) == ({NAME: config}, [digest(THREE)])
    assert (line.layers_sent, line.layers) == (1, 2)
    assert len(THREE) < line.sent < len(THREE) + 16384


def test_layers_that_the_store_gives_are_not_saved_and_no_others_are_read() -> None:
    engine = FakeImages(readable=True)
    engine.add("app:1", ONE, TWO, THREE)
    node = FakeNodeStore("a", layers={digest(ONE), digest(TWO)})
    run(engine, [node], "app:1")
    assert (engine.saved, engine.opened) == ([], [digest(THREE)])


def test_each_node_gets_what_it_lacks_from_one_stream() -> None:
    engine = FakeImages(readable=True)
    config = engine.add("app:1", ONE, TWO)
    nodes = [FakeNodeStore("new"), FakeNodeStore("old", layers={digest(ONE)})]
    lines = run(engine, nodes, "app:1")
    assert [node.held for node in nodes] == [{NAME: config}] * 2
    assert [sorted(node.got) for node in nodes] == [sorted(map(digest, (ONE, TWO))), [digest(TWO)]]
    assert [line.layers_sent for line in lines] == [2, 1]
    assert len(engine.opened) == 2


def test_a_name_alone_takes_no_layer() -> None:
    engine = FakeImages(readable=True)
    engine.add("app:1", ONE)
    node = FakeNodeStore("a", layers={digest(ONE)})
    (line,) = run(engine, [node], "app:1")
    assert (line.result, line.layers_sent, node.got) == (Result.LOADED, 0, [])


def test_a_layer_that_a_node_lost_is_sent_again() -> None:
    engine = FakeImages(readable=True)
    engine.add("app:1", ONE, TWO)
    node = FakeNodeStore("a")
    run(engine, [node], "app:1")
    node.layers.remove(digest(TWO))
    assert results(run(engine, [node], "app:1")) == [("a", Result.LOADED)]
    assert node.got == [digest(TWO)]


def test_a_layer_that_is_damaged_in_the_store_comes_from_docker_save() -> None:
    engine = FakeImages(readable=True, damaged=True)
    config = engine.add("app:1", ONE)
    node = FakeNodeStore("a")
    assert results(run(engine, [node], "app:1")) == [("a", Result.LOADED)]
    assert (node.held, engine.saved) == ({NAME: config}, ["app:1"])


def test_an_import_that_does_not_unpack_is_a_failure() -> None:
    engine = FakeImages(readable=True)
    engine.add("app:1", ONE)
    node = FakeNodeStore("a")
    node.before_answer = node.layers.clear
    (line,) = run(engine, [node], "app:1")
    assert (line.result, line.reason) == (
        Result.FAILED,
        "After the import 1 layer of the image is missing.",
    )
