"""crun as a cluster's own choice, on every runtime."""

import json

import pytest

from labctl.model import RUNTIMES
from tests.lab_fixtures import LAB, Cli, Running

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]


def test_crun_starts_everything_where_it_is_the_clusters_choice(cli: Cli, name: str) -> None:
    runtimes = ",".join(RUNTIMES)
    cli("up", LAB, "--runtime", runtimes, "--oci-runtime", "crun", "--name", name)
    lab = Running(cli, name)
    proxy = json.loads(lab.kubectl("-n", "kube-system", "get", "ds", "kube-proxy", "-o", "json"))
    image = proxy["spec"]["template"]["spec"]["containers"][0]["image"]
    processes = lab.processes(image)
    assert len({pod for pod in processes if "/kube-proxy-" in pod}) == 4
    assert {one["oci_runtime"]["name"] for one in processes.values()} == {"crun"}
    refused = lab("up", LAB, "--oci-runtime", "runc", code=2)
    assert "its OCI runtime is crun, not runc" in refused.err
