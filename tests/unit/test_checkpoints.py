"""What the engine has of checkpoints, and what they are called."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from labctl.model import (
    CHECKPOINT,
    KIND_CLUSTER,
    LABEL_CHECKPOINT,
    LABEL_KIND,
    LABEL_MANIFEST,
    RUNTIMES,
    ClusterSpec,
    Node,
    NodeImage,
    OciRuntime,
    Runtime,
)
from labctl.nodeimage.recipe import image_tag
from labctl.ops.checkpoints import (
    IMAGES,
    PREFIX,
    READY,
    SAVED,
    Checkpoint,
    KeptNode,
    kept,
    labels,
    node_names,
    ready_name,
    remove_checkpoint,
)
from tests.checkpoint_fakes import FakeStorage
from tests.fakes import STARTED, FakeEngine, node_image

CONTAINERD, CRIO, DOCKER = RUNTIMES
RECORD = {"environ": ["A=1"], "host": {"Privileged": True, "Binds": ["/a:/b:ro"]}}


def image(
    runtime: Runtime = CONTAINERD, kubernetes: str = "1.36.3", *, own: bool = True
) -> NodeImage:
    return NodeImage(image_tag(kubernetes, runtime), kubernetes, runtime, own)


def spec_of(*nodes: NodeImage, name: str = "a", lab: str = "serve") -> ClusterSpec:
    return ClusterSpec(name, lab, nodes)


@pytest.fixture
def engine() -> FakeEngine:
    tags = [image_tag(version, one) for version in ("1.36.3", "1.34.4") for one in RUNTIMES]
    return FakeEngine(stored={tag: node_image(tag) for tag in tags})


@pytest.fixture
def storage(engine: FakeEngine) -> FakeStorage:
    return FakeStorage(engine)


def checkpoint(name: str, kind: str = SAVED, *runtimes: Runtime, minutes: int = 0) -> Checkpoint:
    prefix = f"{IMAGES}:" if kind == READY else PREFIX
    nodes = tuple(
        KeptNode(f"{prefix}{name}.tag.{number}", image(one), f"sha256:{number}", 7, RECORD)
        for number, one in enumerate(runtimes or (CONTAINERD, CRIO))
    )
    created = STARTED + timedelta(minutes=minutes)
    notes = {"work": "/home/me/labctl-a"}
    return Checkpoint(name, kind, "a", "serve", OciRuntime.CRUN, created, nodes, notes)


def put(one: Checkpoint, storage: FakeStorage) -> Checkpoint:
    """Have the engine have a whole one."""
    for node in one.nodes:
        if one.kind == READY:
            marked = {LABEL_KIND: CHECKPOINT}
            found = replace(node_image(), tags=(node.place,), labels=marked)
            storage.engine.stored[node.place] = found
        else:
            storage.made[node.place] = labels(one.name)
    storage.made[PREFIX + one.name] = {**labels(one.name), LABEL_MANIFEST: one.manifest()}
    return one


@pytest.mark.parametrize("kind", [READY, SAVED])
def test_a_manifest_comes_back_as_it_was_written(kind: str, storage: FakeStorage) -> None:
    one = put(checkpoint("mine", kind), storage)
    there = kept(storage.engine, storage)
    assert there.find("mine") == one
    assert (there.whole, there.parts) == ((one,), {})
    (found,) = there.whole
    assert isinstance(found.nodes[0].image.runtime, Runtime)
    assert isinstance(found.oci_runtime, OciRuntime)
    assert found.spec == ClusterSpec("a", "serve", (image(), image(CRIO)), OciRuntime.CRUN)
    assert found.size == 14


def test_the_newest_comes_first_and_a_name_that_is_not_there_is_none(storage: FakeStorage) -> None:
    for name, minutes in (("old", 1), ("new", 3), ("between", 2)):
        put(checkpoint(name, minutes=minutes), storage)
    there = kept(storage.engine, storage)
    assert [one.name for one in there.whole] == ["new", "between", "old"]
    assert there.find("ne") is None


def test_what_others_have_on_the_engine_is_no_checkpoint(storage: FakeStorage) -> None:
    storage.made["labctl-checkpoint-mine"] = {}
    storage.made["other"] = {LABEL_KIND: "cache", LABEL_CHECKPOINT: "mine"}
    there = kept(storage.engine, storage)
    assert (there.whole, there.parts) == ((), {})


def _no_manifest(storage: FakeStorage, one: Checkpoint) -> None:
    del storage.made[PREFIX + one.name]


def _no_place(storage: FakeStorage, one: Checkpoint) -> None:
    storage.made.pop(one.nodes[1].place, None)
    storage.engine.stored.pop(one.nodes[1].place, None)


def _another_format(storage: FakeStorage, one: Checkpoint) -> None:
    raw = {**json.loads(one.manifest()), "format": "labctl/checkpoint/v0"}
    storage.made[PREFIX + one.name][LABEL_MANIFEST] = json.dumps(raw)


def _a_format_with_other_fields(storage: FakeStorage, one: Checkpoint) -> None:
    raw = {"format": "labctl/checkpoint/v2", "parts": [one.name]}
    storage.made[PREFIX + one.name][LABEL_MANIFEST] = json.dumps(raw)


@pytest.mark.parametrize("kind", [READY, SAVED])
@pytest.mark.parametrize(
    "hurt", [_no_manifest, _no_place, _another_format, _a_format_with_other_fields]
)
def test_half_a_checkpoint_is_none_and_its_parts_are_named(
    hurt: Callable[[FakeStorage, Checkpoint], None], kind: str, storage: FakeStorage
) -> None:
    whole = put(checkpoint("whole", kind), storage)
    half = put(checkpoint("half", kind), storage)
    before = {PREFIX + "half", *(node.place for node in half.nodes)}
    hurt(storage, half)
    there = kept(storage.engine, storage)
    assert there.whole == (whole,)
    left = before & (storage.made.keys() | storage.engine.stored.keys())
    assert {name: set(parts) for name, parts in there.parts.items()} == {"half": left}


@pytest.mark.parametrize("kind", [READY, SAVED])
def test_what_is_left_of_an_earlier_try_is_a_part_beside_the_whole(
    kind: str, storage: FakeStorage
) -> None:
    one = put(checkpoint("mine", kind), storage)
    storage.made["labctl-checkpoint-mine.early.0"] = labels("mine")
    there = kept(storage.engine, storage)
    assert there.whole == (one,)
    assert there.parts == {"mine": ("labctl-checkpoint-mine.early.0",)}


@pytest.mark.parametrize("kind", [READY, SAVED])
def test_removing_begins_with_the_manifest_and_takes_all_of_that_name(
    kind: str, storage: FakeStorage
) -> None:
    put(checkpoint("mine", kind), storage)
    other = put(checkpoint("mine-2", kind), storage)
    storage.made = dict(reversed(storage.made.items()))
    assert remove_checkpoint("mine", storage.engine, storage) == 3
    assert storage.removed[0] == "labctl-checkpoint-mine"
    there = kept(storage.engine, storage)
    assert (there.whole, there.parts) == ((other,), {})
    assert remove_checkpoint("mine", storage.engine, storage) == 0


def test_a_removal_that_is_cut_off_leaves_no_whole_one(storage: FakeStorage) -> None:
    one = put(checkpoint("mine"), storage)
    storage.fails[f"remove_volume {one.nodes[0].place}"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        remove_checkpoint("mine", storage.engine, storage)
    there = kept(storage.engine, storage)
    assert (there.whole, set(there.parts)) == ((), {"mine"})


def test_removing_ends_what_works_on_the_checkpoint_and_nothing_else(storage: FakeStorage) -> None:
    for name in ("mine", "other"):
        storage.engine.rows.append(Node(f"at-{name}", "", True, "running", "x", labels(name)))
    remove_checkpoint("mine", storage.engine, storage)
    assert [node.name for node in storage.engine.rows] == ["at-other"]


def test_removing_never_takes_a_node_whatever_labels_its_image_had(storage: FakeStorage) -> None:
    inherited = {**labels("mine"), KIND_CLUSTER: "labctl-a"}
    storage.engine.rows.append(Node("labctl-a-worker", "", True, "running", "x", inherited))
    remove_checkpoint("mine", storage.engine, storage)
    assert [node.name for node in storage.engine.rows] == ["labctl-a-worker"]


def test_nodes_are_called_as_kind_calls_them() -> None:
    assert node_names(spec_of(*[image()] * 4)) == (
        "labctl-a-control-plane",
        "labctl-a-worker",
        "labctl-a-worker2",
        "labctl-a-worker3",
    )
    assert node_names(spec_of(image())) == ("labctl-a-control-plane",)


def test_clusters_of_one_shape_share_a_checkpoint_whatever_their_name_and_lab(
    engine: FakeEngine,
) -> None:
    name = ready_name(spec_of(image(), image(CRIO)), engine)
    assert name
    assert name.startswith("ready-")
    assert len(name) == len("ready-") + 12
    assert ready_name(spec_of(image(), image(CRIO), name="b", lab="other"), engine) == name


def test_another_shape_has_another_checkpoint(engine: FakeEngine) -> None:
    one = spec_of(image())
    shapes = [
        one,
        replace(one, oci_runtime=OciRuntime.CRUN),
        spec_of(image(CRIO)),
        spec_of(image(), image()),
        spec_of(image(), image(), image()),
        spec_of(image(), image(CRIO)),
        spec_of(image(CRIO), image()),
        spec_of(image(kubernetes="1.34.4")),
    ]
    assert len({ready_name(shape, engine) for shape in shapes}) == len(shapes)


def test_a_node_image_that_was_built_anew_has_another_checkpoint(engine: FakeEngine) -> None:
    spec = spec_of(image(), image(CRIO))
    before = ready_name(spec, engine)
    tag = image(CRIO).tag
    engine.stored[tag] = replace(engine.stored[tag], image_id="sha256:2")
    assert ready_name(spec, engine) != before
    unconcerned = spec_of(image(DOCKER))
    again = ready_name(unconcerned, engine)
    del engine.stored[tag]
    assert ready_name(unconcerned, engine) == again


@pytest.mark.parametrize(
    "other", [image(own=False), image(Runtime.DOCKERSHIM, "1.23.17")], ids=["foreign", "dockershim"]
)
def test_images_that_are_not_ours_and_the_dockershim_have_none(
    other: NodeImage, engine: FakeEngine
) -> None:
    assert ready_name(spec_of(other), engine) is None
    assert ready_name(spec_of(image(), other), engine) is None
