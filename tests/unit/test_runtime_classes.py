from labctl.model import Cluster, Node
from labctl.ops.runtime_classes import apply_runtime_classes
from tests.fakes import node_image
from tests.kube_fake import FakeKube

OWN = node_image().labels
PUBLISHED: dict[str, str] = {}


def classes(*labels: dict[str, str], runtimes: tuple[str, ...] = ("containerd",)) -> dict[str, str]:
    """The handler of each RuntimeClass in a cluster whose nodes have these labels."""
    nodes = tuple(Node(f"n{n}", "", True, "running", "", own) for n, own in enumerate(labels))
    kube = FakeKube()
    apply_runtime_classes(Cluster("a", "a", "1.36.3", runtimes, "runc", nodes), kube)
    found = kube.list("node.k8s.io/v1", "RuntimeClass")
    assert all(one.labels == {"app.kubernetes.io/managed-by": "labctl"} for one in found)
    return {one.name: one.at("handler") for one in found}


def test_nodes_that_have_both_get_a_class_for_each() -> None:
    assert classes(OWN, OWN) == {"runc": "runc", "crun": "crun"}


def test_a_published_image_has_runc_alone() -> None:
    assert classes(PUBLISHED) == {"runc": "runc"}


def test_one_node_that_lacks_crun_is_enough_to_leave_its_class_out() -> None:
    """A Pod of that class would wait forever, or fail on that node."""
    assert classes(OWN, PUBLISHED) == {"runc": "runc"}


def test_the_historic_cluster_has_none_for_the_dockershim_refuses_them() -> None:
    assert classes(OWN, OWN, runtimes=("containerd", "dockershim")) == {}
    assert classes(OWN, OWN, runtimes=("containerd", "docker")).keys() == {"runc", "crun"}
