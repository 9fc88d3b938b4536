"""Say which images a node carries, by the names that kubeadm and kind use.

Runs with the standard library alone inside the image build:
`kubeadm config images list | python3 image_plan.py STORAGE_IMAGES > plan.json`.
A name that we have no content for fails the build: kubeadm asks for something new.
"""

import json
import sys
from pathlib import Path
from typing import Any

_PATH = ["PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"]

# The image's name without registry and tag -> its layers and its entry point.
_CONTENT: dict[str, tuple[list[str], list[str]]] = {
    "kube-apiserver": (["kubernetes", "links"], ["kube-apiserver"]),
    "kube-controller-manager": (["kubernetes", "links"], ["kube-controller-manager"]),
    "kube-scheduler": (["kubernetes", "links"], ["kube-scheduler"]),
    "kube-proxy": (["kubernetes", "links", "tools"], ["kube-proxy"]),
    "pause": (["pause"], ["/pause", "-P"]),
    "etcd": (["etcd"], ["etcd"]),
    "coredns": (["coredns"], ["/coredns"]),
    "local-path-provisioner": (["storage"], ["local-path-provisioner"]),
    "local-path-helper": (["tools"], ["sh"]),
}


def plan(references: list[str]) -> dict[str, Any]:
    """The plan that oci.py takes, one image for each reference."""
    images: dict[str, Any] = {}
    for reference in references:
        name = reference.rsplit("/", 1)[-1].split(":", 1)[0]
        if name not in _CONTENT:
            msg = f"no recipe for the image '{reference}'"
            raise ValueError(msg)
        layers, entrypoint = _CONTENT[name]
        images[reference] = {"layers": layers, "config": {"Env": _PATH, "Entrypoint": entrypoint}}
    missing = _CONTENT.keys() - {r.rsplit("/", 1)[-1].split(":", 1)[0] for r in references}
    if missing:
        msg = f"kubeadm and kind no longer ask for: {', '.join(sorted(missing))}"
        raise ValueError(msg)
    return images


if __name__ == "__main__":
    asked = sys.stdin.read().split() + Path(sys.argv[1]).read_text().split()
    sys.stdout.write(json.dumps(plan(asked), indent=2))
