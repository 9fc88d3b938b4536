"""What nodes of a mixed cluster answered to a trace (2026-11, cgroup v1), shortened to what is read.

tests/kind/test_trace.py asks real nodes the same.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labctl.errors import ToolFailed
from labctl.model import LABEL_RUNTIME, Node, Runtime
from labctl.tools.cri import node_store
from labctl.tools.cri.node import NodeStore
from labctl.tools.process import Output

NAME: Final = "docker.io/library/model-server:v1"
CONFIG: Final = "sha256:43fa048469b83e812f9ebf4c8a110ce0329a4867bd2920c1fabee0d77e856007"
MANIFEST: Final = "sha256:4066cc285aae37c3a558a843472aa42260dd327bbd49adbc3fe764c6c66305c1"
DIFF_IDS: Final = (
    "sha256:ccbd64b3a83dd56e3a9f14740af8c2396ab0bf2003efdfcb296bfe4be5e30ad9",
    "sha256:25beb06daaedb2862af47b65a6fea91bad69121ff5a55361c6ee3cd496f8f3f9",
    "sha256:a14d1b60e71bb4f8ecee04825a5b0bb02c3747a7e2a23a67b25550379b44cee6",
)
PROXY: Final = "abd93b30390a22607bdbfb4986f44e71fe9e73f4c3073e1eac6ba8bec8beebaa"
"""The image of kube-proxy."""

CTR_IMAGES: Final = f"""\
REF                               TYPE                                       DIGEST     \
                                                             SIZE      PLATFORMS   LABELS
{NAME} application/vnd.oci.image.manifest.v1+json {MANIFEST} 119.7 MiB linux/amd64 \
io.cri-containerd.image=managed
"""
CTR_SNAPSHOTS: Final = """\
KEY                                                                     PARENT\
                                                                  KIND
ab6fa33188bc3195d53bf60ede8936b0bb04077c2c520a0171995e80ef1a727c        \
sha256:d6bf0d71898f0b472e03da07fa6d49a66a8bdfad58c8fc6b65404db3b449e8e2 Active
sha256:31c27434b80cd0f1b2e47799e33e05bf3646486d72cc98060d96b6c80eb776de \
sha256:ccbd64b3a83dd56e3a9f14740af8c2396ab0bf2003efdfcb296bfe4be5e30ad9 Committed
sha256:ccbd64b3a83dd56e3a9f14740af8c2396ab0bf2003efdfcb296bfe4be5e30ad9 \
                                                                        Committed
sha256:d6bf0d71898f0b472e03da07fa6d49a66a8bdfad58c8fc6b65404db3b449e8e2 \
sha256:31c27434b80cd0f1b2e47799e33e05bf3646486d72cc98060d96b6c80eb776de Committed
"""
CONFIGURATION: Final = (
    '{"architecture":"amd64","config":{"User":"10001:10001","Cmd":["python3","/app/server.py"]},'
    '"os":"linux","rootfs":{"type":"layers","diff_ids":["' + '","'.join(DIFF_IDS) + '"]}}'
)
# Not shortened: its digest is computed.
SKOPEO_RAW: Final = (
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
    '"config":{"mediaType":"application/vnd.oci.image.config.v1+json",'
    f'"digest":"{CONFIG}","size":1752}},"layers":['
    f'{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{DIFF_IDS[0]}",'
    '"size":90119680},'
    f'{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{DIFF_IDS[1]}",'
    '"size":35368448},'
    f'{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{DIFF_IDS[2]}",'
    '"size":7168}]}'
)
DOCKER_IMAGE: Final = json.dumps(
    [
        {
            "Id": CONFIG,
            "RepoTags": ["model-server:v1"],
            "RepoDigests": [],
            "GraphDriver": {"Data": {}, "Name": "overlay2"},
            "RootFS": {"Type": "layers", "Layers": DIFF_IDS},
        }
    ]
)


@dataclass(frozen=True)
class Recording:
    """One node."""

    node: str
    runtime: Runtime
    version: str
    crictl_yaml: str
    image: dict[str, Any]
    """Its row in `crictl images`."""
    container: dict[str, Any]
    """Its row in `crictl ps`, without the labels that all have."""
    proxy: dict[str, Any]
    """The row of another image's container."""
    pod: str
    pid: int
    parent: str
    look: str
    """What comes after the first lines."""
    store: dict[str, str]
    """Command lines of the runtime's own tools."""

    @property
    def row(self) -> dict[str, Any]:
        """The whole row in `crictl ps`."""
        return _named(self.container, "model-server", "serving", self.pod)

    def answers(self) -> dict[str, str]:
        """By command line; what runs a shell is `look PID ID`."""
        other = _named(self.proxy, "kube-proxy", "kube-system", "kube-proxy-d6hdj")
        first = f"self python3\nparent {self.parent}\n"
        return {
            "crictl version": self.version,
            "cat /etc/crictl.yaml": self.crictl_yaml,
            "crictl images --output json": json.dumps({"images": [self.image]}),
            "crictl ps --output json": json.dumps({"containers": [self.row, other]}),
            f"crictl inspect {ID[self.runtime]}": json.dumps(
                {"status": {}, "info": {"pid": self.pid}}
            ),
            f"look {self.pid} {ID[self.runtime]}": first + self.look,
            **self.store,
        }


def _named(row: dict[str, Any], name: str, namespace: str, pod: str) -> dict[str, Any]:
    labels = {"io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": namespace}
    return {**row, "metadata": {"name": name, "attempt": 0}, "labels": labels}


def _spaces(own: str, node: str) -> str:
    """The namespaces of a container and of its node, as `kind=id` pairs."""
    return "".join(
        f"{who} {kind} {kind.partition('_')[0]}:[{number}]\n"
        for who, pairs in (("ns", own), ("node", node))
        for kind, number in (pair.split("=") for pair in pairs.split())
    )


POD_SLICE = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice"
# The hierarchies differ where a container is privileged, so one is not as good as the other.
CGROUPS: Final = f"""\
cgroup 9:name=systemd:{POD_SLICE}/SCOPE
cgroup 5:devices:{POD_SLICE}
cgroup 4:memory:{POD_SLICE}/SCOPE
cgroup 0::{POD_SLICE}
"""
RUNC: Final = "oci runc /usr/sbin/runc runc version 1.1.15+ds1\n"
ID: Final = {
    Runtime.CONTAINERD: "ab6fa33188bc3195d53bf60ede8936b0bb04077c2c520a0171995e80ef1a727c",
    Runtime.CRIO: "650598ffade9b34c0d82e44b927cca5a6d2e2dab27658fbdf6e9cd2b3bd8431d",
    Runtime.DOCKER: "fb5a789586720b95e717724f6046f6ba08a4bf42038594c558a8c8effe92a7ac",
}
SNAPSHOTS: Final = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
LINKS: Final = "/var/lib/containers/storage/overlay/l"
MOBY: Final = "/var/lib/docker/overlay2/l"

CONTAINERD: Final = Recording(
    node="labctl-mix-worker",
    runtime=Runtime.CONTAINERD,
    version="Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.3.7\n"
    "RuntimeApiVersion:  v1\n",
    crictl_yaml="runtime-endpoint: unix:///run/containerd/containerd.sock",
    image={"id": CONFIG, "repoTags": [NAME], "repoDigests": []},
    container={
        "id": ID[Runtime.CONTAINERD],
        "image": {"image": CONFIG, "userSpecifiedImage": NAME, "imageRef": ""},
        "imageRef": CONFIG,
        "imageId": CONFIG,
    },
    proxy={
        "id": "808950a3063261c7f29c8198926c6a03dfd067ddaf8954fb39c22fc794c1297f",
        "image": {"image": f"sha256:{PROXY}", "imageRef": ""},
        "imageRef": f"sha256:{PROXY}",
        "imageId": f"sha256:{PROXY}",
    },
    pod="model-server-6c889c79c9-2xdvr",
    pid=1795,
    parent="/usr/local/bin/containerd-shim-runc-v2",
    look=_spaces(
        "cgroup=4026532400 ipc=4026532977 mnt=4026532979 net=4026532892 pid=4026532980 "
        "pid_for_children=4026532980 time=4026531834 time_for_children=4026531834 "
        "user=4026531837 uts=4026532976",
        "cgroup=4026532400 ipc=4026532329 mnt=4026532327 net=4026532331 pid=4026532330 "
        "time=4026531834 user=4026531837 uts=4026532328",
    )
    + CGROUPS.replace("SCOPE", f"cri-containerd-{ID[Runtime.CONTAINERD]}.scope")
    + f"root 1167 965 0:333 / / rw,relatime - overlay overlay rw,lowerdir={SNAPSHOTS}/15/fs:"
    f"{SNAPSHOTS}/14/fs:{SNAPSHOTS}/13/fs,upperdir={SNAPSHOTS}/29/fs,workdir={SNAPSHOTS}/29/work,"
    f"uuid=on\n{RUNC}",
    store={
        f"ctr --namespace k8s.io images list name=={NAME}": CTR_IMAGES,
        f"ctr --namespace k8s.io content get {CONFIG}": CONFIGURATION,
        "ctr --namespace k8s.io snapshots --snapshotter overlayfs list": CTR_SNAPSHOTS,
    },
)
CRIO: Final = Recording(
    node="labctl-mix-worker2",
    runtime=Runtime.CRIO,
    version="Version:  0.1.0\nRuntimeName:  cri-o\nRuntimeVersion:  1.36.3\n"
    "RuntimeApiVersion:  v1\n",
    crictl_yaml="runtime-endpoint: unix:///var/run/crio/crio.sock\n",
    image={
        "id": CONFIG.removeprefix("sha256:"),
        "repoTags": [NAME],
        "repoDigests": [f"docker.io/library/model-server@{MANIFEST}"],
    },
    container={
        "id": ID[Runtime.CRIO],
        "image": {"image": CONFIG.removeprefix("sha256:"), "userSpecifiedImage": ""},
        "imageRef": f"docker.io/library/model-server@{MANIFEST}",
        "imageId": CONFIG.removeprefix("sha256:"),
    },
    proxy={
        "id": "d1f9891c8bcf72e69f52c0e7ad24c7d87eff416732d636e41bb2cdb3fdc2a37c",
        "image": {"image": PROXY},
        "imageRef": "registry.k8s.io/kube-proxy@sha256:6d836c92ae6415c640694790de1ca234e17185d2602d"
        "9ae51f824462bcca3a47",
        "imageId": PROXY,
    },
    pod="model-server-6c889c79c9-848js",
    pid=1716,
    parent="/usr/bin/conmon",
    look=_spaces(
        "cgroup=4026532479 ipc=4026532820 mnt=4026532973 net=4026532821 pid=4026532974 "
        "time=4026531834 user=4026531837 uts=4026532819",
        "cgroup=4026532479 ipc=4026532403 mnt=4026532401 net=4026532406 pid=4026532404 "
        "time=4026531834 user=4026531837 uts=4026532402",
    )
    + CGROUPS.replace("SCOPE", f"crio-{ID[Runtime.CRIO]}.scope")
    + f"root 1008 773 0:296 / / rw,relatime - overlay overlay rw,lowerdir={LINKS}/27CBXHLTOKPW3POP"
    f"WSZ4R7OA4I:{LINKS}/LEZAZGACCFUGGV66EECS7AJEN5:{LINKS}/PZLK676UAEPQ4XKSKH365NLJBS,"
    f"upperdir=/var/lib/containers/storage/overlay/76ab/diff,uuid=on,fsync=volatile\n{RUNC}",
    store={
        f"skopeo inspect --raw containers-storage:{NAME}": SKOPEO_RAW,
        f"skopeo inspect --raw containers-storage:{NAME} --config": CONFIGURATION,
    },
)
DOCKER: Final = Recording(
    node="labctl-mix-worker3",
    runtime=Runtime.DOCKER,
    version="Version:  0.1.0\nRuntimeName:  docker\nRuntimeVersion:  26.1.5+dfsg1\n"
    "RuntimeApiVersion:  v1\n",
    crictl_yaml="runtime-endpoint: unix:///run/cri-dockerd.sock",
    image={"id": CONFIG, "repoTags": ["model-server:v1"], "repoDigests": []},
    container={
        "id": ID[Runtime.DOCKER],
        "image": {"image": CONFIG, "userSpecifiedImage": ""},
        "imageRef": CONFIG,
        "imageId": "",
    },
    proxy={
        "id": "f55b608522b7265de5e893291ef117aec3b2a81c6f38be6964b2dc39cb35de84",
        "image": {"image": f"sha256:{PROXY}"},
        "imageRef": f"sha256:{PROXY}",
        "imageId": "",
    },
    pod="model-server-6c889c79c9-mjn4t",
    pid=4523,
    parent="/usr/bin/containerd-shim-runc-v2",
    look=_spaces(
        "cgroup=4026532475 ipc=4026532985 mnt=4026533062 net=4026532987 pid=4026533066 "
        "time=4026531834 user=4026531837 uts=4026533063",
        "cgroup=4026532475 ipc=4026532181 mnt=4026532179 net=4026532184 pid=4026532182 "
        "time=4026531834 user=4026531837 uts=4026532180",
    )
    + CGROUPS.replace("SCOPE", f"docker-{ID[Runtime.DOCKER]}.scope")
    + f"root 1282 1050 0:352 / / rw,relatime - overlay overlay rw,lowerdir={MOBY}/W4QR7C7F7ZABR7G35"
    f"2ZDXP4FVF:{MOBY}/AL5KEN2XLJVVN5X3AQIXFMTJA7:{MOBY}/6KLFOJBS2IXGJS4HL5WUY6U2US:"
    f"{MOBY}/YJHB4ZM5Y562BUUE3HQVRXC33S,upperdir=/var/lib/docker/overlay2/3c96/diff\n{RUNC}",
    store={f"docker image inspect {NAME}": DOCKER_IMAGE},
)
RECORDINGS: Final = (CONTAINERD, CRIO, DOCKER)


@dataclass
class RecordedNodes:
    """`docker exec NODE ...` as those nodes answered; a test may change an answer or break it."""

    answers: dict[str, dict[str, str]] = field(
        default_factory=lambda: {one.node: one.answers() for one in RECORDINGS}
    )

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: bytes | Iterable[bytes] | None = None,
    ) -> Output:
        assert (timeout > 0, stdin, tuple(argv[:2])) == (True, None, ("docker", "exec"))
        _, _, node, *command = argv
        if command[:2] == ["sh", "-c"]:
            command = ["look", *command[4:]]
        said = self.answers[node].get(" ".join(command))
        if said is None:
            raise ToolFailed(f"'docker' exited with 1: {command}", details=("no such thing",))
        return Output(said, "")


def store(nodes: RecordedNodes, of: Recording) -> NodeStore:
    """One of the nodes as labctl reaches it."""
    labels = {LABEL_RUNTIME: str(of.runtime)}
    return node_store(nodes, Node(of.node, "worker", True, "running", "image", labels))
