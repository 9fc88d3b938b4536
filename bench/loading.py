"""Loading: `labctl load` beside `kind load docker-image`, an image of 850 MB in 20 layers."""

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from bench.page import environ, write
from labctl.tar_stream import END, packed_bytes
from labctl.tools.process import Process

LAYERS: Final = 20
LAYER_BYTES: Final = 42_500_000
TAG: Final = "bench-loading:1"
KIND, ONE, THREE = "bench-kind", "bench-1", "bench-3"
ARCHITECTURE: Final = {"x86_64": "amd64"}.get(platform.machine(), platform.machine())

_MEASURED: Final = """
import os, sys, time
start = time.monotonic()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
print(time.monotonic() - start, usage.ru_maxrss * 1024 / 1e6)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass
class Took:
    """Seconds of each round, and the most memory that the command itself had, in MB."""

    seconds: list[float] = field(default_factory=list)
    memory: float = 0.0

    @property
    def median(self) -> float:
        """Of the seconds."""
        return statistics.median(self.seconds)


def measure(folder: Path, environ: dict[str, str], rounds: int) -> list[str]:
    """The table's lines."""
    own = {**environ, "LABCTL_HOME": str(folder / "home")}
    process = Process(own)
    load = ("labctl", "load", TAG, "--name")
    contenders: dict[str, tuple[str, Sequence[str]]] = {
        "kind load, 1 node": (KIND, ("kind", "load", "docker-image", TAG, f"--name=labctl-{KIND}")),
        "labctl load, 1 node": (ONE, (*load, ONE)),
        "labctl load, 3 nodes": (THREE, (*load, THREE)),
    }
    first = {name: Took() for name in contenders}
    again = {name: Took() for name in contenders}
    with _clusters(folder, process):
        for number in range(rounds):
            layers = [os.urandom(LAYER_BYTES) for _ in range(LAYERS - 1)]
            images = [_make([*layers, os.urandom(1000)], process, own) for _ in range(2)]
            for name, (cluster, argv) in contenders.items():
                for image, took in zip(images, (first[name], again[name]), strict=True):
                    process.run(("docker", "tag", image, TAG), timeout=60)
                    _run(argv, own, took)
                _forget(cluster, process)
                print(
                    f"round {number + 1}: {name}: first {first[name].seconds[-1]:.1f} s,"
                    f" one layer changed {again[name].seconds[-1]:.1f} s"
                )
            process.run(("docker", "image", "rm", "--force", *images), timeout=120)
    return [*_table("first load", first), *_table("one small layer changed", again)[2:]]


@contextmanager
def _clusters(folder: Path, process: Process) -> Iterator[None]:
    try:
        for name, nodes in ((KIND, "1"), (ONE, "1"), (THREE, "3")):
            up = ("labctl", "up", "serve-a-model", "--name", name, "--nodes", nodes)
            process.run(up, timeout=600, cwd=str(folder))
        yield
    finally:
        for name in (KIND, ONE, THREE):
            process.run(("labctl", "down", "--name", name), timeout=600)


def _forget(cluster: str, process: Process) -> None:
    """Give the nodes' room back."""
    prefix = f"labctl-{cluster}"
    nodes = process.run(("kind", "get", "nodes", "--name", prefix), timeout=60).stdout.split()
    for node in nodes:
        process.run(("docker", "exec", node, "crictl", "rmi", "--prune"), timeout=300)


def _make(layers: Sequence[bytes], process: Process, environ: dict[str, str]) -> str:
    """An image of layers with one file each, straight into the engine: no build cache fills up.

    Answers its id.
    """
    packed = [_layer(content) for content in layers]
    diff_ids = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in packed]
    config = {"os": "linux", "architecture": ARCHITECTURE, "config": {"Cmd": ["/0"]}}
    document = json.dumps({**config, "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    names = [f"{number}.tar" for number in range(len(packed))]
    manifest = [{"Config": "config.json", "RepoTags": [TAG], "Layers": names}]
    files = dict(zip(names, packed, strict=True)) | {
        "config.json": document,
        "manifest.json": json.dumps(manifest).encode(),
    }
    chunks = (piece for name, content in files.items() for piece in packed_bytes(name, content))
    process.run(("docker", "load", "--quiet"), timeout=600, stdin=chain(chunks, [END]), env=environ)
    return f"sha256:{hashlib.sha256(document).hexdigest()}"


def _layer(content: bytes) -> bytes:
    name = hashlib.sha256(content).hexdigest()[:12]
    return b"".join(packed_bytes(name, content)) + END


def _run(argv: Sequence[str], environ: dict[str, str], took: Took) -> None:
    # Through a small process: what starts a command counts into the command's own peak.
    started = [sys.executable, "-c", _MEASURED, *argv]
    ran = subprocess.run(started, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {ran.returncode}: {ran.stderr}")
    seconds, peak = ran.stdout.splitlines()[-1].split()
    took.seconds.append(float(seconds))
    took.memory = max(took.memory, float(peak))


def _table(what: str, results: dict[str, Took]) -> list[str]:
    kind = next(iter(results.values())).median
    lines = [
        "| load of 850 MB, 20 layers | by | median s | min to max s | beside kind | peak MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return lines + [
        f"| {what} | {name} | {took.median:.1f} | {min(took.seconds):.1f} to"
        f" {max(took.seconds):.1f} | {took.median / kind:.2f}x | {took.memory:.0f} |"
        for name, took in results.items()
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        text = "\n".join(measure(Path(made), environ(), int((*sys.argv[1:], "5")[0])))
    print(text)
    write(text, "<!-- loading: begin -->", "<!-- loading: end -->")
