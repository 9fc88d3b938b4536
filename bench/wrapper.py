"""What the OCI runtime wrapper adds to a container's start: beside /bin/true, in turn."""

import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from labctl.model import Runtime
from labctl.nodeimage import recipe, versions

ROUNDS: Final = 100
# As long as a real one, and asking for what a host may withhold.
CONFIG: Final = {
    "ociVersion": "1.2.0",
    "process": {
        "args": ["/pause"],
        "env": [f"VARIABLE_{number}=value" for number in range(40)],
        "oomScoreAdj": -998,
        "capabilities": {
            kind: ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"]
            for kind in ("bounding", "effective", "permitted")
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1 << 30, "soft": 1 << 30}],
    },
    "mounts": [
        {"destination": f"/mount/{number}", "type": "bind", "source": "/x", "options": ["rbind"]}
        for number in range(40)
    ],
}


def built(folder: Path) -> Path:
    """The wrapper's program, from the node images' own recipe."""
    pins = versions.resolve(None, versions.load())
    arguments = recipe.build_args(pins, Runtime.CONTAINERD, os.environ)
    bundle = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    argv = recipe.build_argv(
        "oci-runtime-out",
        arguments,
        ["--output", f"type=local,dest={folder}"],
        ca_bundle=bundle if bundle.is_file() else None,
    )
    subprocess.run(argv, check=True, capture_output=True)
    return folder / "oci-runtime"


def measure(folder: Path) -> tuple[float, float]:
    """Median milliseconds of /bin/true as the runtime: called directly, and through the wrapper."""
    ours, real, bundle = (folder / name for name in ("ours", "real", "bundle"))
    for place in (ours, real, bundle):
        place.mkdir()
    (ours / "runc").symlink_to(built(folder))
    shutil.copy("/bin/true", real / "runc")
    environ = {"PATH": f"{ours}:{real}"}
    directly, through = [], []
    for _ in range(ROUNDS):
        (bundle / "config.json").write_text(json.dumps(CONFIG, indent=2), encoding="utf-8")
        argv = ("create", "--bundle", str(bundle), "id")
        directly.append(_milliseconds([str(real / "runc"), *argv], environ))
        through.append(_milliseconds([str(ours / "runc"), *argv], environ))
    return statistics.median(directly), statistics.median(through)


def _milliseconds(argv: Sequence[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, env=environ, check=True)
    return (time.perf_counter() - start) * 1000
