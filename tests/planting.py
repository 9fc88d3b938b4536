"""Another image under a taken name, put into one node only, whatever the node's runtime is."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

from labctl.image_names import qualified
from labctl.ops.load_source import contents
from labctl.tools.cri import node_store
from labctl.tools.engine import DockerEngine
from labctl.tools.process import Process
from labctl.waiting import Pending, wait_until
from tests.image_fakes import only
from tests.lab_fixtures import Running

DOCKERFILE = """\
FROM labctl/python:3.13
COPY greeting /greeting
CMD ["python3", "-c", "import time; print(open('/greeting').read(), flush=True); time.sleep(3600)"]
"""


def build(tag: str, folder: Path, greeting: str) -> str:
    """An image that says its greeting and stays, known to no registry; answers the engine's id."""
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "greeting").write_text(greeting)
    argv = ["docker", "buildx", "build", "--quiet", "--tag", tag, str(folder)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def plant(lab: Running, node: str, name: str, folder: Path) -> str:
    """Give the name to a changed image on this node alone; answers its config digest."""
    other = f"{name}-changed"
    build(other, folder, f"changed for {node}")
    engine = DockerEngine(dict(os.environ))
    with closing(engine.api):
        try:
            return _plant(engine, lab, node, name, other)
        finally:
            engine.untag(other)


def _plant(engine: DockerEngine, lab: Running, node: str, name: str, other: str) -> str:
    (row,) = (
        one
        for one in engine.nodes()
        if (one.name, one.kind_cluster) == (node, f"labctl-{lab.name}")
    )
    store = node_store(Process(dict(os.environ)), row)
    image = engine.image(other)
    assert image, other
    config = contents(engine, other, image).config_digest
    full = qualified(name)
    store.import_stream(full, only(engine.save([other]), name=full, config=config))
    wait_until(
        lambda: store.images().get(full) == config or Pending("the image as before"),
        what=f"'{full}' to be another image on node '{node}'",
        timeout=30,
    )
    return config
