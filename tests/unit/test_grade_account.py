"""The account for strangers' manifests: what it may do, and what its making leaves as it was."""

from labctl.model import LABEL_LAB
from labctl.ops.grade.account import ACCOUNT, LEVEL, account, work_kubeconfig
from labctl.ops.scene import SET
from tests.kube_fake import FakeKube


def test_it_has_one_namespace_and_makes_no_roles() -> None:
    _, binding = account("tiny")
    assert binding["kind"] == "RoleBinding"
    assert binding["metadata"]["namespace"] == "tiny"
    assert binding["roleRef"]["name"] == "edit"
    assert [one["name"] for one in binding["subjects"]] == [ACCOUNT]


def test_the_namespace_takes_plain_pods_only_and_keeps_what_it_had() -> None:
    kube = FakeKube()
    metadata = {"name": "tiny", "labels": {LABEL_LAB: "tiny"}, "annotations": {SET: "tiny"}}
    kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    assert work_kubeconfig(kube, "tiny") == "kubeconfig with token"
    found = kube.get("v1", "Namespace", "tiny")
    assert found.labels == {LABEL_LAB: "tiny", LEVEL: "baseline"}
    assert found.at("metadata.annotations") == {SET: "tiny"}
