"""The containers of a node as crictl lists them, and what /proc and /run say of their processes."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.model import Runtime
from labctl.tools.cri.processes import parsed, running
from labctl.trace import Running, Started
from tests.node_recordings import (
    CGROUPS,
    CONFIG,
    CONTAINERD,
    CRIO,
    DOCKER,
    ID,
    LINKS,
    MOBY,
    POD_SLICE,
    PROXY,
    RECORDINGS,
    SNAPSHOTS,
    RecordedNodes,
    Recording,
    store,
)

every_runtime = pytest.mark.parametrize("node", RECORDINGS, ids=lambda one: str(one.runtime))


@pytest.fixture
def nodes() -> RecordedNodes:
    return RecordedNodes()


SHARED = ("cgroup", "time", "user")


@pytest.mark.parametrize(
    ("node", "parent", "rootfs", "scope"),
    [
        (CONTAINERD, "containerd-shim-runc-v2", f"{SNAPSHOTS}/13/fs", "cri-containerd-"),
        (CRIO, "conmon", f"{LINKS}/PZLK676UAEPQ4XKSKH365NLJBS", "crio-"),
        (DOCKER, "containerd-shim-runc-v2", f"{MOBY}/YJHB4ZM5Y562BUUE3HQVRXC33S", "docker-"),
    ],
    ids=lambda one: str(one.runtime) if isinstance(one, Recording) else "",
)
def test_a_container_with_the_process_behind_it(
    nodes: RecordedNodes, node: Recording, parent: str, rootfs: str, scope: str
) -> None:
    (found,) = store(nodes, node).running(digests={CONFIG}, ids=())
    started = found.started
    assert started is not None
    assert found == Running(
        ID[node.runtime], "model-server", f"serving/{node.pod}", CONFIG, started
    )
    assert started == Started(
        pid=node.pid,
        parent=parent,
        oci_runtime="runc",
        oci_path="/usr/sbin/runc",
        oci_version="1.1.15+ds1",
        namespaces=started.namespaces,
        shared=SHARED,
        cgroup=f"{POD_SLICE}/{scope}{ID[node.runtime]}.scope",
        rootfs=rootfs,
    )
    kinds = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]
    assert [(kind, one.split(":")[0]) for kind, one in started.namespaces.items()] == [
        (kind, kind) for kind in kinds
    ]


@every_runtime
def test_a_container_of_another_image_counts_if_its_pod_asks_for_the_name(
    nodes: RecordedNodes, node: Recording
) -> None:
    other = node.proxy["id"]
    found = store(nodes, node).running(digests={CONFIG}, ids={other})
    assert [(one.id, one.pod, one.config_digest) for one in found] == [
        (other, "kube-system/kube-proxy-d6hdj", f"sha256:{PROXY}"),
        (ID[node.runtime], f"serving/{node.pod}", CONFIG),
    ]
    assert store(nodes, node).running(digests=(), ids=()) == ()


@pytest.mark.parametrize(
    "said",
    [
        None,
        "{}",
        '{"info": {}}',
        "no json",
    ],
)
def test_a_container_that_crictl_can_not_inspect_any_more_has_ended(
    nodes: RecordedNodes, said: str | None
) -> None:
    command = f"crictl inspect {ID[Runtime.CRIO]}"
    answers = nodes.answers[CRIO.node]
    del answers[command]
    answers.update({command: said} if said else {})
    (found,) = store(nodes, CRIO).running(digests={CONFIG}, ids=())
    assert (found.id, found.started) == (ID[Runtime.CRIO], None)


@pytest.mark.parametrize("said", [None, "self \nparent \nns * \nnode mnt mnt:[2]\n"])
def test_a_process_that_is_gone_when_it_is_looked_at_has_ended(
    nodes: RecordedNodes, said: str | None
) -> None:
    command = f"look {CRIO.pid} {ID[Runtime.CRIO]}"
    answers = nodes.answers[CRIO.node]
    del answers[command]
    answers.update({command: said} if said else {})
    (found,) = store(nodes, CRIO).running(digests={CONFIG}, ids=())
    assert found.started is None


LOOK = """\
self python3
parent /usr/bin/conmon
ns mnt mnt:[3]
ns net net:[1]
node mnt mnt:[2]
node net net:[1]
"""


def test_a_container_on_the_hosts_network_shares_that_namespace() -> None:
    started = parsed(7, LOOK)
    assert started.namespaces == {"mnt": "mnt:[3]", "net": "net:[1]"}
    assert started.shared == ("net",)


def test_without_an_oci_state_the_runtime_is_not_guessed() -> None:
    started = parsed(7, LOOK)
    assert (started.oci_runtime, started.oci_path, started.oci_version) == ("", "", "")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "oci runc /usr/sbin/runc runc version 1.1.15+ds1",
            ("runc", "/usr/sbin/runc", "1.1.15+ds1"),
        ),
        ("oci crun /usr/bin/crun crun version 1.21", ("crun", "/usr/bin/crun", "1.21")),
        ("oci crun /usr/bin/crun crun of today", ("crun", "/usr/bin/crun", "crun of today")),
    ],
)
def test_the_oci_runtime_with_its_version(line: str, wanted: tuple[str, ...]) -> None:
    started = parsed(7, f"{LOOK}{line}\n")
    assert (started.oci_runtime, started.oci_path, started.oci_version) == wanted


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (CGROUPS.replace("SCOPE", "crio-1.scope"), f"{POD_SLICE}/crio-1.scope"),
        ("cgroup 0::/kubelet.slice/crio-1.scope", "/kubelet.slice/crio-1.scope"),
        (
            "cgroup 0::/kubelet.slice/crio-1.scope/container",
            "/kubelet.slice/crio-1.scope/container",
        ),
        ("cgroup 3:cpu,memory:/v1\ncgroup 0::/v2", "/v1"),
        ("cgroup 1:name=systemd:/only\n", ""),
    ],
)
def test_the_cgroup_of_v1_is_that_of_memory_and_of_v2_the_only_one(lines: str, wanted: str) -> None:
    assert parsed(7, LOOK + lines).cgroup == wanted


@pytest.mark.parametrize(
    ("mount", "wanted"),
    [
        ("1 2 0:3 / / rw - overlay overlay rw,lowerdir=/a:/b:/c,upperdir=/u,workdir=/w", "/c"),
        ("1 2 0:3 / / ro - overlay overlay ro,lowerdir=/a", "/a"),
        ("1 2 0:3 / / rw - overlay overlay rw,lowerdir+=/a,lowerdir+=/b,upperdir=/u", "/b"),
        ("1 2 8:1 /vfs/dir/1 / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard", "/dev/sda1"),
    ],
)
def test_a_root_is_known_by_its_lowest_layer_or_by_what_is_mounted(mount: str, wanted: str) -> None:
    assert parsed(7, f"{LOOK}root {mount}\n").rootfs == wanted
    assert parsed(7, LOOK).rootfs == ""


Look = Callable[[int], Running]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Looks at a process of this machine with the node's script, in a /run of the test's own."""
    for program, version in (("runc", "1.1.15"), ("crun", "1.21")):
        path = tmp_path / "bin" / program
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {program} version {version}\necho spec: 1.0\n")
        path.chmod(0o755)
    run = tmp_path / "run"
    run.mkdir()

    def here(script: str, *argv: str) -> str:
        script = script.replace("find /run ", f"find {run} ")
        script = script.replace("PATH=/usr/local/sbin", f"PATH={tmp_path}/bin")
        ran = ["sh", "-c", script, *argv]
        return subprocess.run(ran, capture_output=True, text=True, check=False).stdout

    def look(pid: int) -> Running:
        row = {**CRIO.row, "id": "c1"}
        said = {"ps": {"containers": [row]}, "inspect": {"info": {"pid": pid}}}

        def ask(*argv: str) -> str:
            return json.dumps(said[argv[1]]) if argv[0] == "crictl" else here(*argv[2:])

        (found,) = running(ask, digests=(), ids={"c1"})
        return found

    return look


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        (["containerd/runc/k8s.io/c1/state.json"], "runc"),
        (["crun/c1/status"], "crun"),
        (["docker/runtime-runc/moby/c1/status"], "crun"),
        (
            [
                "runc/another/state.json",
                "containers/storage/overlay-containers/c1/userdata/state.json",
                "containerd/io.containerd.runtime.v2.task/k8s.io/c1/rootfs/status",
            ],
            "",
        ),
    ],
)
def test_the_look_tells_the_oci_runtime_by_its_state_file(
    look: Look, tmp_path: Path, states: list[str], wanted: str
) -> None:
    for state in states:
        file = tmp_path / "run" / state
        file.parent.mkdir(parents=True)
        file.touch()
    started = look(os.getpid()).started
    assert started
    path = f"{tmp_path}/bin/{wanted}" if wanted else ""
    version = {"runc": "1.1.15", "crun": "1.21", "": ""}[wanted]
    assert (started.oci_runtime, started.oci_path, started.oci_version) == (wanted, path, version)


def test_the_look_reads_the_process_from_proc(look: Look) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            started = look(child.pid).started
        finally:
            child.kill()
    assert started
    own = Path("/proc/self/cmdline").read_text().partition("\0")[0]
    assert (started.pid, started.parent) == (child.pid, own.rpartition("/")[2])
    namespaces = {kind: str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in ("mnt", "net")}
    assert namespaces.items() <= started.namespaces.items()
    assert started.cgroup.startswith("/")
    assert started.cgroup in Path("/proc/self/cgroup").read_text()
    assert started.rootfs


def test_the_look_at_no_process_is_none(look: Look) -> None:
    assert look((1 << 22) + 1).started is None  # above what Linux gives out
