from dataclasses import dataclass, field, replace

import pytest

from labctl.errors import ToolFailed, UsageError
from labctl.model import Runtime
from labctl.nodeimage import versions
from labctl.ops.node_image import ensure, full_version
from tests.fakes import FakeEngine, FakeProgress, FakeRunner, node_image

PINNED = versions.load().kubernetes["1.36"].release


@dataclass
class Asked:
    engine: FakeEngine = field(default_factory=FakeEngine)
    runner: FakeRunner = field(default_factory=FakeRunner)
    built: list[str] = field(default_factory=list)

    def ensure(self, version: str | None = None, *, pull: bool = True) -> tuple[str, bool]:
        def build(full: str) -> str:
            self.built.append(full)
            return full

        image = ensure(
            version,
            Runtime.CONTAINERD,
            engine=self.engine,
            runner=self.runner,
            build=build,
            pull=pull,
            progress=FakeProgress(),
        )
        return image.tag, image.own

    def has(self, version: str) -> None:
        tag = f"labctl/node:v{version}-containerd"
        image = node_image(tag)
        labels = {**image.labels, "dev.labctl.kubernetes": version}
        self.engine.stored[tag] = replace(image, labels=labels)


def test_an_image_that_is_here_is_used_without_asking_a_registry() -> None:
    asked = Asked()
    asked.has(PINNED)
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    assert asked.ensure("1.36") == (f"labctl/node:v{PINNED}-containerd", True)
    assert (asked.runner.calls, asked.built) == ([], [])


def test_a_published_image_is_pulled_where_a_registry_answers() -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    assert asked.ensure() == (f"kindest/node:v{PINNED}", False)
    assert asked.runner.calls == [("docker", "pull", f"kindest/node:v{PINNED}")]
    assert asked.built == []


def test_a_pull_that_fails_is_built_instead() -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"}
    asked.runner.answers = [(("docker", "pull"), ToolFailed("toomanyrequests"))]
    assert asked.ensure() == (f"labctl/node:v{PINNED}-containerd", True)
    assert asked.built == [PINNED]


@pytest.mark.parametrize(("pull", "published"), [(False, True), (True, False)])
def test_it_is_built_when_there_is_no_registry_or_none_is_wanted(
    pull: bool, published: bool
) -> None:
    asked = Asked()
    asked.engine.published = {f"kindest/node:v{PINNED}"} if published else set()
    assert asked.ensure(pull=pull) == (f"labctl/node:v{PINNED}-containerd", True)
    assert asked.built == [PINNED]


def test_a_minor_means_the_newest_patch_that_is_known() -> None:
    asked = Asked()
    assert full_version("1.36", Runtime.CONTAINERD, asked.engine) == PINNED
    asked.has("1.36.99")
    asked.has("1.36.100")
    assert full_version("1.36", Runtime.CONTAINERD, asked.engine) == "1.36.100"
    assert full_version("v1.36.1", Runtime.CONTAINERD, asked.engine) == "1.36.1"


@pytest.mark.parametrize("version", ["latest", "1.20.1", "2", "1.99"])
def test_a_version_that_cannot_be_is_refused_with_those_that_can(version: str) -> None:
    with pytest.raises(UsageError) as caught:
        full_version(version, Runtime.CONTAINERD, FakeEngine())
    assert PINNED in caught.value.hint
