"""How a node image is built: its name, its parts, their commands. Pure but for reading the recipe."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labctl.model import LABEL_KIND, LABEL_KUBERNETES, LABEL_RUNTIME, Runtime
from labctl.nodeimage import FOLDER
from labctl.nodeimage.versions import Pins

LABEL_RECIPE: Final = "dev.labctl.recipe"
"""Digest of what the image was made by: the same recipe is not built twice."""
LABEL_VERSION: Final = "dev.labctl.version."
"""Prefix of the labels that say which component came in at which version."""
BASE: Final = "labctl/base:trixie"
PYTHON: Final = "labctl/python:3.13"
RECIPE_FOLDERS: Final = ("Dockerfile", "go", "node", "stage")
PASSED_ON: Final = ("GOPROXY", "GOSUMDB", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Environment variables that a build gets, where they are set."""

_VERSION_FOLDER: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Part:
    """A named stage of the Dockerfile that is built, and can fail, for itself."""

    target: str
    title: str
    timeout: float


_MINUTES: Final = 60.0
# Compiling Kubernetes takes 4 minutes on 2 cores with an empty cache; a slow
# laptop on a slow line gets ten times that.
PARTS: Final = (
    Part("go", "Fetch the Go toolchain", 20 * _MINUTES),
    Part("kubernetes", "Compile Kubernetes", 60 * _MINUTES),
    Part("etcd", "Compile etcd", 30 * _MINUTES),
    Part("crictl", "Compile crictl", 30 * _MINUTES),
    Part("coredns", "Compile CoreDNS", 30 * _MINUTES),
    Part("storage", "Compile the storage provisioner", 30 * _MINUTES),
    Part("oci-runtime", "Compile the OCI runtime wrapper", 10 * _MINUTES),
    Part("packages", "Install the node's packages", 20 * _MINUTES),
    Part("images", "Make the control plane's images", 20 * _MINUTES),
)
RUNTIME_PARTS: Final = {
    Runtime.CONTAINERD: Part("containerd", "Compile containerd", 30 * _MINUTES),
    Runtime.CRIO: Part("cri-o", "Compile CRI-O", 30 * _MINUTES),
    Runtime.DOCKER: Part("cri-dockerd", "Compile cri-dockerd", 30 * _MINUTES),
    Runtime.DOCKERSHIM: Part("kubelet", "Compile the kubelet with the dockershim", 60 * _MINUTES),
}
"""What a node of one runtime needs beside what all have."""


def parts(runtime: Runtime) -> tuple[Part, ...]:
    """What is built before a node of that runtime is put together, in order."""
    return (*PARTS[:2], RUNTIME_PARTS[runtime], *PARTS[2:])


def facts_part(runtime: Runtime) -> Part:
    """The node put together; its result is what only the build knows of it."""
    return Part(f"facts-{runtime}", "Put the node together", 20 * _MINUTES)


def node_part(runtime: Runtime) -> Part:
    """The node image itself."""
    return Part(f"node-{runtime}", "Store the node image", 20 * _MINUTES)


def image_tag(kubernetes: str, runtime: Runtime) -> str:
    """The name of a node image."""
    return f"labctl/node:v{kubernetes}-{runtime}"


def recipe_digest(pins: Pins, runtime: Runtime, folder: Path = FOLDER) -> str:
    """A digest of all that decides what the image is made of.

    Modules of versions and files of runtimes that this image does not use are left
    out: a new pin makes no other image stale.
    """
    versions = (pins.go, pins.debian, pins.kind, module_versions(pins, runtime))
    content = hashlib.sha256(repr((versions, str(runtime))).encode())
    for path in recipe_files(pins, runtime, folder):
        content.update(f"\0{path.relative_to(folder)}\0{path.stat().st_mode & 0o111:o}\0".encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def recipe_files(pins: Pins, runtime: Runtime, folder: Path = FOLDER) -> list[Path]:
    """The recipe's files that matter to an image, in a fixed order."""
    used = set(module_versions(pins, runtime).items())
    others = {("node", str(one)) for one in Runtime if one is not runtime}
    if runtime not in (Runtime.DOCKER, Runtime.DOCKERSHIM):
        others.add(("node", "docker-engine"))
    # The kubelet's sources are Kubernetes'.
    used.add(("kubernetes", pins.kubernetes))
    others |= {("go", part.target) for one, part in RUNTIME_PARTS.items() if one is not runtime}
    files = []
    for name in RECIPE_FOLDERS:
        top = folder / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            parts = path.relative_to(folder).parts
            versioned = len(parts) > 3 and _VERSION_FOLDER.fullmatch(parts[2])
            if parts[:2] in others or (versioned and (parts[1], parts[2]) not in used):
                continue
            if path.is_file() and "__pycache__" not in parts and not path.match("*_test.go"):
                files.append(path)
    return files


def module_versions(pins: Pins, runtime: Runtime) -> dict[str, str]:
    """The Go parts of an image and their versions, by the name of their stage."""
    of = pins.components
    own = {
        Runtime.CONTAINERD: of.containerd,
        Runtime.CRIO: of.cri_o,
        Runtime.DOCKER: of.cri_dockerd,
        Runtime.DOCKERSHIM: pins.kubernetes,
    }
    return {
        "kubernetes": of.control_plane or pins.kubernetes,
        RUNTIME_PARTS[runtime].target: own[runtime] or "",
        "etcd": of.etcd,
        "crictl": of.crictl,
        "coredns": of.coredns,
        "storage": of.storage,
    }


def labels(pins: Pins, runtime: Runtime, digest: str, facts: Mapping[str, str]) -> dict[str, str]:
    """What an image says of itself: its recipe's digest, and `facts` that only the build knows."""
    versions = {
        **facts,
        **module_versions(pins, runtime),
        "pause": pins.components.pause,
        "go": pins.go,
        "kind": pins.kind,
    }
    versions["local-path-provisioner"] = versions.pop("storage")
    return {
        LABEL_KIND: "node-image",
        LABEL_KUBERNETES: pins.kubernetes,
        LABEL_RUNTIME: str(runtime),
        LABEL_RECIPE: digest,
        **{f"{LABEL_VERSION}{name}": version for name, version in sorted(versions.items())},
    }


def parse_facts(text: str) -> dict[str, str]:
    """NAME=VERSION lines, as stage/facts.sh writes them."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def build_args(pins: Pins, runtime: Runtime, environ: Mapping[str, str]) -> dict[str, str]:
    """The Dockerfile's arguments: the versions, and proxies where the environment names them."""
    versions = {
        f"{name.upper().replace('-', '_')}_VERSION": version
        for name, version in module_versions(pins, runtime).items()
    }
    passed = {
        name: value
        for name in PASSED_ON
        if (value := environ.get(name) or environ.get(name.lower(), ""))
    }
    return {"BASE": BASE, "GO_VERSION": pins.go, "KIND_VERSION": pins.kind, **versions, **passed}


def build_argv(
    target: str, arguments: Mapping[str, str], output: Sequence[str], *, ca_bundle: Path | None
) -> list[str]:
    """The command that builds one stage; `output` says where the result goes.

    The host's network, because a proxy for modules or packages may listen on
    the loopback interface. No provenance: kind wants an image, not an index.
    """
    secret = ["--secret", f"id=ca,src={ca_bundle}"] if ca_bundle else []
    return [
        *("docker", "buildx", "build", "--network=host", "--progress=plain", "--provenance=false"),
        *("--target", target),
        *(word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")),
        *secret,
        *output,
        str(FOLDER),
    ]
