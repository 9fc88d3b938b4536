"""The containers of a node: what its CRI runtime says of them, and what /proc says of the rest."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from labctl.errors import ToolFailed
from labctl.image_names import digest
from labctl.trace import Running, Started

Ask = Callable[..., str]
"""Runs a program on the node and answers what it prints."""

# Which OCI runtime made a container is seen by the state that it keeps under the container's id:
# runc's is a state.json, crun's a status. The folder's name is no witness: dockerd's is
# runtime-runc for both.
_LOOK: Final = r"""
id=$2
parent=$(awk '/^PPid:/ { print $2 }' "/proc/$1/status")
echo "parent $(tr '\0' '\n' <"/proc/$parent/cmdline" | head -n 1)"
for one in /proc/$1/ns/*; do echo "ns ${one##*/} $(readlink "$one")"; done
for one in /proc/1/ns/*; do echo "node ${one##*/} $(readlink "$one")"; done
sed 's/^/cgroup /' "/proc/$1/cgroup"
awk '$5 == "/" { print "root", $0 }' "/proc/$1/mountinfo"
name=
for state in $(find /run -maxdepth 6 -path "*/$id/*" \( -name state.json -o -name status \)); do
    case $state in
    */$id/state.json) name=runc ;;
    */$id/status) name=crun ;;
    esac
done
[ -n "$name" ] || exit 0
path=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin command -v "$name") || exit 0
echo "oci $name $path $("$path" --version | head -n 1)"
"""

_KINDS: Final = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")


def running(ask: Ask, *, digests: Collection[str], ids: Collection[str]) -> tuple[Running, ...]:
    """The node's running containers of an image.

    Args:
        ask: runs programs on the node.
        digests: the config digests that count as the image.
        ids: containers that count whatever they run: their Pods ask for the image's name.
    """
    rows = json.loads(ask("crictl", "ps", "--output", "json"))["containers"]
    found = []
    for row in rows:
        # cri-dockerd has no imageId, CRI-O's imageRef is a manifest's digest.
        config = digest(row.get("imageId") or row["image"]["image"])
        if config in digests or row["id"] in ids:
            found.append(_running(ask, row, config))
    return tuple(sorted(found, key=lambda one: (one.pod, one.name)))


def _running(ask: Ask, row: Mapping[str, Any], config: str) -> Running:
    labels = row["labels"]
    pod = f"{labels['io.kubernetes.pod.namespace']}/{labels['io.kubernetes.pod.name']}"
    name = row["metadata"]["name"]
    try:
        pid = int(json.loads(ask("crictl", "inspect", row["id"]))["info"]["pid"])
    except (ToolFailed, KeyError, ValueError):
        return Running(row["id"], name, pod, config, None)  # it ended while we looked
    return Running(row["id"], name, pod, config, started(ask, pid, row["id"]))


def started(ask: Ask, pid: int, container: str) -> Started | None:
    """A container's first process; None where it has ended."""
    try:
        return parsed(pid, ask("sh", "-c", _LOOK, "sh", str(pid), container))
    except (ToolFailed, ValueError):
        return None


def parsed(pid: int, text: str) -> Started:
    """What the look at a process printed, as a value.

    Raises:
        ValueError: the process is gone.
    """
    lines = [(key, rest) for key, _, rest in (one.partition(" ") for one in text.splitlines())]
    of = dict(lines)
    own = dict(rest.split(" ", 1) for key, rest in lines if key == "ns")
    if not own.get("mnt"):
        raise ValueError(f"There is no process {pid}.")
    node = dict(rest.split(" ", 1) for key, rest in lines if key == "node")
    groups = [rest.split(":", 2) for key, rest in lines if key == "cgroup"]
    name, path, version = (of.get("oci", "") + "  ").split(" ", 2)
    return Started(
        pid=pid,
        parent=of.get("parent", "").rpartition("/")[2],
        oci_runtime=name,
        oci_path=path,
        oci_version=_number(version),
        namespaces={kind: own[kind] for kind in _KINDS if kind in own},
        shared=tuple(kind for kind in _KINDS if kind in own and own[kind] == node.get(kind)),
        cgroup=_cgroup(groups),
        rootfs=_lowest(of.get("root", "")),
    )


def _cgroup(groups: list[list[str]]) -> str:
    """The path in the memory hierarchy of v1, or the only one of v2."""
    by_controllers = {names: path for _, names, path in groups}
    return next((path for names, path in by_controllers.items() if "memory" in names), "") or (
        by_controllers.get("", "")
    )


def _lowest(mount: str) -> str:
    """The lowest folder that an overlay is made of, which is named last, or the mount's source."""
    layers = re.findall(r"lowerdir\+?=([^, ]+)", mount)
    if layers:
        return str(layers[-1].rpartition(":")[2])
    return mount.rpartition(" - ")[2].split(" ")[1] if mount else ""


def _number(version: str) -> str:
    found = re.search(r"\d+\.\d+\S*", version)
    return found[0] if found else version.strip()
