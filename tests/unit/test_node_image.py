from dataclasses import dataclass, field

import pytest

from labctl.errors import PrerequisiteMissing, ToolFailed, UsageError
from labctl.model import RUNTIMES, ImageInfo, NodeImage, OciRuntime, Runtime
from labctl.nodeimage import versions
from labctl.nodeimage.recipe import image_tag
from labctl.ops.node_image import ensure, full_version
from tests.fakes import FakeEngine, FakeProgress, FakeRunner, node_image

CONTAINERD, CRIO, DOCKER = RUNTIMES
HISTORIC = {CONTAINERD: "1.24.17", Runtime.DOCKERSHIM: "1.23.17"}
PINNED = versions.load().kubernetes["1.36"].release


@dataclass
class Asked:
    engine: FakeEngine = field(default_factory=FakeEngine)
    runner: FakeRunner = field(default_factory=FakeRunner)
    built: list[tuple[str, Runtime]] = field(default_factory=list)

    def ensure(
        self,
        version: str | None = None,
        *runtimes: Runtime,
        oci: OciRuntime = OciRuntime.RUNC,
        pull: bool = True,
    ) -> dict[Runtime, NodeImage]:
        return ensure(
            version,
            runtimes or (CONTAINERD,),
            oci,
            engine=self.engine,
            runner=self.runner,
            build=lambda full, runtime: self.built.append((full, runtime)),
            pull=pull,
            progress=FakeProgress(),
        )

    def has(self, version: str, runtime: Runtime = CONTAINERD) -> ImageInfo:
        image = node_image(image_tag(version, runtime))
        self.engine.stored[image.tags[0]] = image
        return image


def own(version: str, *runtimes: Runtime) -> dict[Runtime, NodeImage]:
    return {one: NodeImage(image_tag(version, one), version, one, own=True) for one in runtimes}


def test_an_image_that_is_here_is_used_without_asking_a_registry() -> None:
    asked = Asked()
    asked.has(PINNED)
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    assert asked.ensure("1.36") == own(PINNED, CONTAINERD)
    assert (asked.runner.calls, asked.built) == ([], [])


def test_a_published_image_is_pulled_where_a_registry_answers() -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    tag = f"kindest/node:v{PINNED}"
    assert asked.ensure() == {CONTAINERD: NodeImage(tag, PINNED, CONTAINERD, own=False)}
    assert asked.runner.calls == [("docker", "pull", tag)]
    assert asked.built == []


def test_a_pull_that_fails_is_built_instead() -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    asked.runner.answers = [(("docker", "pull"), ToolFailed("toomanyrequests"))]
    assert asked.ensure() == own(PINNED, CONTAINERD)
    assert asked.built == [(PINNED, CONTAINERD)]


@pytest.mark.parametrize(("pull", "published"), [(False, True), (True, False)])
def test_it_is_built_when_there_is_no_registry_or_none_is_wanted(
    pull: bool, published: bool
) -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"} if published else set()
    assert asked.ensure(pull=pull) == own(PINNED, CONTAINERD)
    assert asked.built == [(PINNED, CONTAINERD)]


@pytest.mark.parametrize(
    ("runtimes", "oci"),
    [
        ((CRIO,), OciRuntime.RUNC),
        ((DOCKER,), OciRuntime.RUNC),
        ((CONTAINERD, CRIO), OciRuntime.RUNC),
        ((CONTAINERD,), OciRuntime.CRUN),
    ],
)
def test_a_published_image_is_for_containerd_with_runc_alone(
    runtimes: tuple[Runtime, ...], oci: OciRuntime
) -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    assert asked.ensure(None, *runtimes, oci=oci) == own(PINNED, *runtimes)
    assert asked.built == [(PINNED, one) for one in runtimes]
    assert asked.runner.calls == []


def test_several_runtimes_get_images_of_one_version_and_only_missing_ones_are_built() -> None:
    asked = Asked()
    asked.has("1.36.9", CRIO)
    assert asked.ensure("1.36", CRIO, DOCKER) == own("1.36.9", CRIO, DOCKER)
    assert asked.built == [("1.36.9", DOCKER)]


@pytest.mark.parametrize("version", ["1.37.2", "1.35.1"])
def test_all_pairs_are_looked_at_before_the_first_build(version: str) -> None:
    asked = Asked()
    with pytest.raises(UsageError, match=f"{version} does not go with cri-o"):
        asked.ensure(version, DOCKER, CRIO)
    assert asked.built == []


def test_an_image_that_was_built_for_another_runtime_is_a_missing_prerequisite() -> None:
    asked = Asked()
    asked.has(PINNED, CRIO).labels["dev.labctl.runtime"] = "docker"
    with pytest.raises(PrerequisiteMissing, match="built for docker, not for cri-o") as caught:
        asked.ensure(None, CONTAINERD, CRIO)
    build = f"labctl node-image build --kubernetes {PINNED} --runtime cri-o --force"
    assert caught.value.hint.endswith(build)
    assert caught.value.exit_code == 4
    assert asked.built == []


def test_an_image_without_crun_is_used_for_runc_and_refused_for_crun() -> None:
    asked = Asked()
    image = asked.has(PINNED, DOCKER)
    del image.labels["dev.labctl.version.crun"]
    assert asked.ensure(None, DOCKER) == own(PINNED, DOCKER)
    with pytest.raises(PrerequisiteMissing, match="has no crun") as caught:
        asked.ensure(None, DOCKER, oci=OciRuntime.CRUN)
    assert f"--kubernetes {PINNED} --runtime docker" in caught.value.hint
    assert asked.built == []


def test_an_image_with_crun_is_used_for_crun() -> None:
    asked = Asked()
    asked.has(PINNED, CRIO)
    assert asked.ensure(None, CRIO, oci=OciRuntime.CRUN) == own(PINNED, CRIO)
    assert asked.built == []


def test_the_historic_cluster_has_a_release_for_each_of_its_nodes_and_both_are_built() -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{one}" for one in (PINNED, "1.24.17", "1.23.17")}
    assert asked.ensure(None, *HISTORIC) == {
        one: NodeImage(image_tag(version, one), version, one, own=True)
        for one, version in HISTORIC.items()
    }
    assert asked.built == [("1.24.17", CONTAINERD), ("1.23.17", Runtime.DOCKERSHIM)]
    assert asked.runner.calls == []


@pytest.mark.parametrize("here", HISTORIC)
def test_of_the_historic_images_only_those_that_are_missing_are_built(here: Runtime) -> None:
    asked = Asked()
    asked.has(HISTORIC[here], here)
    asked.has(PINNED)
    assert [image.kubernetes for image in asked.ensure(None, *HISTORIC).values()] == [
        "1.24.17",
        "1.23.17",
    ]
    assert asked.built == [(version, one) for one, version in HISTORIC.items() if one is not here]


def test_a_historic_image_without_crun_is_refused_with_its_own_release() -> None:
    asked = Asked()
    asked.has("1.24.17")
    del asked.has("1.23.17", Runtime.DOCKERSHIM).labels["dev.labctl.version.crun"]
    with pytest.raises(PrerequisiteMissing, match="has no crun") as caught:
        asked.ensure(None, *HISTORIC, oci=OciRuntime.CRUN)
    assert caught.value.hint.endswith("--kubernetes 1.23.17 --runtime dockershim")
    assert asked.built == []


def test_a_minor_means_the_newest_patch_that_is_known() -> None:
    asked = Asked()
    assert full_version("1.36", Runtime.CONTAINERD, asked.engine) == PINNED
    asked.has("1.36.99")
    asked.has("1.36.100")
    assert full_version("1.36", Runtime.CONTAINERD, asked.engine) == "1.36.100"
    assert full_version("v1.36.1", Runtime.CONTAINERD, asked.engine) == "1.36.1"
    assert full_version("1.36", Runtime.CRIO, asked.engine) == PINNED
    assert full_version("1.24", Runtime.CONTAINERD, asked.engine) == "1.24.17"
    assert full_version("1.23", Runtime.DOCKERSHIM, asked.engine) == "1.23.17"


@pytest.mark.parametrize("version", ["latest", "1.20.1", "2", "1.99"])
def test_a_version_that_cannot_be_is_refused_with_those_that_can(version: str) -> None:
    with pytest.raises(UsageError) as caught:
        full_version(version, Runtime.CONTAINERD, FakeEngine())
    assert PINNED in caught.value.hint
