"""Write container images as one OCI archive, without a container engine.

Runs with the standard library alone inside the image build:
`python3 oci.py PLAN LAYERS_DIR ARCHITECTURE OUT.tar`. The plan is JSON:
{REFERENCE: {"layers": [NAME, ...], "config": {...}}}; LAYERS_DIR has NAME.tar
and NAME.tar.zst. A layer that images share is in the archive once.

The archive is for every runtime: containerd and skopeo read index.json, and the
Docker Engine manifest.json.
"""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_OCI = "application/vnd.oci.image"
_MANIFEST = f"{_OCI}.manifest.v1+json"


class Archive:
    """An OCI image layout in a tar archive."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._present: set[str] = set()

    def add_file(self, name: str, data: bytes) -> None:
        """Add a file of the layout."""
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def add_blob(self, data: bytes, media_type: str) -> Json:
        """Add a blob, if it is not there yet, and return its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._present:
            self._present.add(digest)
            self.add_file(f"blobs/sha256/{digest}", data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_json(self, document: Json, media_type: str) -> Json:
        """Add a JSON document as a blob."""
        return self.add_blob(json.dumps(document, sort_keys=True).encode(), media_type)

    def add_image(self, layers_dir: Path, image: Json, architecture: str) -> tuple[Json, Json]:
        """Add an image's layers, configuration and manifest; answers descriptor and manifest."""
        names = image["layers"]
        raw = [(layers_dir / f"{name}.tar").read_bytes() for name in names]
        packed = [(layers_dir / f"{name}.tar.zst").read_bytes() for name in names]
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": image["config"],
            "rootfs": {
                "type": "layers",
                "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest() for data in raw],
            },
            "history": [{"created_by": f"labctl: {name}"} for name in names],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self.add_json(config, f"{_OCI}.config.v1+json"),
            "layers": [self.add_blob(data, f"{_OCI}.layer.v1.tar+zstd") for data in packed],
        }
        return self.add_json(manifest, _MANIFEST), manifest


def _path(descriptor: Json) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/")


def write(plan: Json, layers_dir: Path, architecture: str, out: Path) -> None:
    """Write the plan's images to one archive."""
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as tar:
        archive = Archive(tar)
        archive.add_file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        manifests, classic = [], []
        for reference, image in plan.items():
            descriptor, manifest = archive.add_image(layers_dir, image, architecture)
            # What `ctr images import` and skopeo know the image by.
            names = {
                "io.containerd.image.name": reference,
                "org.opencontainers.image.ref.name": reference,
            }
            manifests.append({**descriptor, "annotations": names})
            classic.append(
                {
                    "Config": _path(manifest["config"]),
                    "RepoTags": [reference],
                    "Layers": [_path(layer) for layer in manifest["layers"]],
                }
            )
        index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": manifests}
        archive.add_file("index.json", json.dumps(index).encode())
        archive.add_file("manifest.json", json.dumps(classic).encode())


if __name__ == "__main__":
    write(
        json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    )
