"""What FakeImages saves, a real engine takes in, and calls by the same id."""

import os
import uuid

import pytest

from labctl.ops.load_source import Engine, contents
from labctl.tools.engine import DockerEngine
from tests.image_fakes import FakeImages

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("containerd", [False, True])
def test_a_faked_image_is_the_same_image_in_a_real_engine(
    containerd: bool, request: pytest.FixtureRequest
) -> None:
    environ = request.getfixturevalue("containerd_store") if containerd else dict(os.environ)
    engine = DockerEngine(environ)
    try:
        if engine.info().containerd_store != containerd:
            pytest.skip("this engine has the other store")
        tag = f"docker.io/library/fake-{uuid.uuid4().hex[:8]}:1"
        fake = FakeImages(containerd)
        fake.add(tag)
        engine.load(fake.save([tag]))
        assert _digests(engine, tag) == _digests(fake, tag)
        engine.untag(tag)
        assert engine.image(tag) is None
    finally:
        engine.api.close()


def _digests(engine: Engine, tag: str) -> tuple[str, str]:
    image = engine.image(tag)
    assert image
    return image.image_id, contents(engine, tag, image).config_digest
