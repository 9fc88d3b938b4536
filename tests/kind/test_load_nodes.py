"""`labctl load` into a real cluster: a Pod runs what Docker built, by its short name."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_fixtures import Running

pytestmark = pytest.mark.kind


@pytest.fixture
def tag(tmp_path: Path) -> Iterator[str]:
    """An image that says its own name, built by Docker and known to no registry."""
    tag = f"load-{secrets.token_hex(3)}:1"
    (tmp_path / "Dockerfile").write_text(
        f'FROM labctl/python:3.13\nCMD ["python3", "-c", "print(\'I am {tag}\')"]\n'
    )
    subprocess.run(["docker", "buildx", "build", "-q", "-t", tag, str(tmp_path)], check=True)
    yield tag
    subprocess.run(["docker", "rmi", tag], check=True)


def test_a_pod_runs_what_was_loaded_and_the_digest_is_the_same_everywhere(
    lab: Running, tag: str
) -> None:
    first = lab.json("load", tag)["results"]
    assert [(one["node"], one["result"]) for one in first] == [(lab.node, "loaded")]
    pod = tag.partition(":")[0]
    try:
        lab.kubectl("run", pod, f"--image={tag}", "--image-pull-policy=Never", "--restart=Never")
        done = "--for=jsonpath={.status.phase}=Succeeded"
        lab.kubectl("wait", f"pod/{pod}", done, "--timeout=60s")
        assert lab.kubectl("logs", pod).strip() == f"I am {tag}"
        status = json.loads(lab.kubectl("get", "pod", pod, "-o", "json"))["status"]
        assert status["containerStatuses"][0]["imageID"].endswith(first[0]["digest"])
    finally:
        lab.kubectl("delete", "pod", pod, "--now", code=None)


def test_loading_again_sends_nothing(lab: Running, tag: str) -> None:
    lab("load", tag)
    again = lab("load", tag)
    assert "already there" in again.out
    assert "Nothing was sent" in again.err


def test_an_image_that_docker_does_not_have_is_exit_4(lab: Running, tag: str) -> None:
    missed = lab("load", tag.replace("load-", "laod-"), code=4)
    assert f"Did you mean {tag}?" in missed.err
