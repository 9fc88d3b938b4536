"""Labs that are worked on beside a learner who runs them."""

import pytest

from labctl.errors import PrerequisiteMissing
from labctl.model import ANY_LAB, KIND_CLUSTER, LABEL_CLUSTER, LABEL_LAB, Node
from labctl.ops.clusters import refuse_running
from tests.fakes import FakeEngine


def engine(*labs: str) -> FakeEngine:
    """With a cluster for each of the labs."""
    rows = []
    for lab in labs:
        labels = {KIND_CLUSTER: f"labctl-{lab}", LABEL_CLUSTER: f"{lab}-mine", LABEL_LAB: lab}
        rows.append(Node(f"labctl-{lab}-1", "control-plane", True, "running", "image", labels))
    return FakeEngine(rows=rows)


def test_a_lab_that_runs_is_not_worked_on_beside() -> None:
    with pytest.raises(PrerequisiteMissing, match="Lab 'traffic' is running here") as caught:
        refuse_running(engine("serve", "traffic"), ["tiny", "traffic"])
    assert caught.value.hint.endswith("labctl down --name traffic-mine")


def test_other_labs_and_test_clusters_are_nobodys_work() -> None:
    refuse_running(engine("serve", ANY_LAB), ["tiny", "traffic"])
