"""`up`, `status`, `env`, `kubectl` and `down` against real clusters."""

import hashlib
import subprocess
import time
from pathlib import Path

import pytest

from labctl.nodeimage import versions
from tests.lab_fixtures import LAB, Cli, Running, traces

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]


def test_a_ready_lab_has_nodes_dns_and_a_service_account(lab: Running) -> None:
    nodes = lab.kubectl("get", "nodes", "--no-headers")
    assert " Ready " in nodes
    dns = lab.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "name")
    assert dns == "deployment.apps/coredns\n"
    assert lab.kubectl("get", "serviceaccount", "default", "-o", "name")


def test_up_again_keeps_the_cluster(lab: Running) -> None:
    before = _container_id(lab.node)
    done = lab.json("up", LAB)
    assert done["state"] == "running"
    assert _container_id(lab.node) == before


def test_another_version_changes_nothing_and_says_what_is_there(lab: Running) -> None:
    before = _container_id(lab.node)
    ran = lab("up", LAB, "--kubernetes", "1.34", code=2)
    assert "runs Kubernetes" in ran.err
    assert "--recreate" in ran.err
    assert _container_id(lab.node) == before


def test_status_and_env_name_the_lab(lab: Running) -> None:
    rows = {row["name"]: row for row in lab.cli.json("status")["labs"]}
    assert rows[lab.name]["state"] == "ready"
    exported = lab("env").out.strip().removeprefix("export KUBECONFIG=")
    out = subprocess.run(
        ["kubectl", "--kubeconfig", exported, "get", "nodes", "-o", "name"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert out == f"node/{lab.node}\n"


def test_kubectl_hands_its_exit_code_on(lab: Running) -> None:
    assert lab("kubectl", "get", "pod", "no-such-pod", code=1).err.startswith("Error from server")


def test_a_lost_kubeconfig_and_a_stopped_node_are_repaired(lab: Running) -> None:
    (lab.cli.home / "clusters" / lab.name / "kubeconfig").unlink()
    subprocess.run(["docker", "stop", lab.node], check=True, capture_output=True)
    rows = {row["name"]: row for row in lab.cli.json("status")["labs"]}
    assert rows[lab.name]["state"] == "stopped"
    assert lab.json("up", LAB)["state"] == "repaired"
    assert " Ready " in lab.kubectl("get", "nodes", "--no-headers")
    assert _dns_answers(lab, lab.node)


def test_the_learners_kubeconfig_stays_as_it_is(cli: Cli, name: str, tmp_path: Path) -> None:
    own = tmp_path / "kubeconfig"
    own.write_text("apiVersion: v1\nkind: Config\ncurrent-context: mine\n")
    before = hashlib.sha256(own.read_bytes()).hexdigest()
    cli.env = {"KUBECONFIG": str(own), "HOME": str(tmp_path)}
    cli("up", LAB, "--name", name)
    cli("down", "--name", name)
    assert hashlib.sha256(own.read_bytes()).hexdigest() == before
    assert not (tmp_path / ".kube").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("kubeconfig")] == [
        "kubeconfig"
    ]


@pytest.mark.parametrize("minor", ["1.36", pytest.param("1.34", marks=pytest.mark.matrix)])
def test_another_cluster_runs_beside_and_down_leaves_nothing(
    lab: Running, cli: Cli, name: str, minor: str
) -> None:
    cli("up", LAB, "--kubernetes", minor, "--name", name, timeout=3600)
    rows = {row["name"]: row for row in cli.json("status")["labs"]}
    assert rows[name]["kubernetes"] == versions.load().kubernetes[minor].release
    assert rows[lab.name]["kubernetes"] == versions.load().kubernetes["1.36"].release
    assert {rows[one]["state"] for one in (name, lab.name)} == {"ready"}
    volumes = _volumes(f"labctl-{name}-control-plane")
    assert volumes
    cli("down", "--name", name)
    assert traces(name) == []
    left = subprocess.run(
        ["docker", "volume", "ls", "--quiet"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not volumes & set(left)
    assert [path for path in cli.home.rglob(f"*{name}*") if path.suffix != ".lock"] == []
    assert list(cli.cwd.iterdir()) == []


@pytest.mark.timeout(600)
def test_pods_reach_services_across_nodes_and_after_a_restart(cli: Cli, name: str) -> None:
    cli("up", LAB, "--nodes", "3", "--name", name)
    lab = Running(cli, name)
    assert lab.kubectl("get", "nodes", "--no-headers").count(" Ready ") == 3
    workers = [f"labctl-{name}-worker", f"labctl-{name}-worker2"]
    _deploy(lab, workers[0])
    assert _reached_from_a_pod(lab, workers[1])
    # Both at once, so that they may come back with each other's address.
    subprocess.run(["docker", "restart", *workers], check=True, capture_output=True)
    cli("up", LAB, "--name", name)
    assert _reached_from_a_pod(lab, workers[1])


def test_down_of_nothing_is_success(cli: Cli) -> None:
    assert "was running" in cli("down", "--name", "never-there").err


@pytest.mark.alone
def test_down_all_leaves_nothing_at_all(cli: Cli, name: str) -> None:
    others = [row["name"] for row in cli.json("status")["labs"]]
    if others:
        pytest.skip(f"would remove labs that are running here: {', '.join(others)}")
    cli("up", LAB, "--name", name)
    cli("down", "--all")
    assert traces(name) == []
    assert not cli.home.exists()
    networks = ["docker", "network", "ls", "--quiet", "--filter", "label=dev.labctl.kind"]
    assert subprocess.run(networks, capture_output=True, text=True, check=True).stdout == ""


def _container_id(name: str) -> str:
    argv = ["docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", name]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _volumes(name: str) -> set[str]:
    argv = ["docker", "inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", name]
    return set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split())


def _dns_answers(lab: Running, node: str) -> bool:
    """Whether CoreDNS, asked at its Service's address, knows the API server's name."""
    address = lab.kubectl(
        "-n", "kube-system", "get", "service", "kube-dns", "-o", "jsonpath={.spec.clusterIP}"
    )
    code = (
        "import socket\n"
        "q=b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0'+b''.join(bytes([len(p)])+p for p in "
        "b'kubernetes.default.svc.cluster.local'.split(b'.'))+b'\\0\\0\\1\\0\\1'\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(5)\n"
        f"s.sendto(q,('{address}',53));print(s.recv(512)[7])"
    )
    pod = ["-n", "serving", "run", "dns-test", "--image=docker.io/library/model-server:v1"]
    lab.kubectl(*pod, "--restart=Never", "--command", "--", "python3", "-c", code)
    wait = ["-n", "serving", "wait", "pod/dns-test", "--timeout=60s"]
    lab.kubectl(*wait, "--for=jsonpath={.status.phase}=Succeeded")
    said = lab.kubectl("-n", "serving", "logs", "dns-test").strip()
    lab.kubectl("-n", "serving", "delete", "pod", "dns-test", "--wait=false")
    return said == "1"


def _deploy(lab: Running, node: str) -> None:
    on = '{"spec":{"template":{"spec":{"nodeName":"' + node + '"}}}}'
    image = "--image=docker.io/library/model-server:v1"
    lab.kubectl("-n", "serving", "create", "deployment", "there", image, "--replicas=2")
    lab.kubectl("-n", "serving", "patch", "deployment", "there", "--patch", on)
    lab.kubectl("-n", "serving", "rollout", "status", "deployment/there", "--timeout=90s")
    lab.kubectl("-n", "serving", "expose", "deployment", "there", "--port=80", "--target-port=8080")


def _reached_from_a_pod(lab: Running, node: str) -> bool:
    """A Pod on one node asks a Service whose Pods are on another, by name."""
    pod = f"asks-{time.monotonic_ns()}"
    code = (
        "import time,urllib.request as u\n"
        "for _ in range(20):\n"
        "    try: print(u.urlopen('http://there/healthz',timeout=5).status); break\n"
        "    except OSError: time.sleep(1)"
    )
    override = '{"spec":{"nodeName":"' + node + '"}}'
    image = "--image=docker.io/library/model-server:v1"
    lab.kubectl(
        *("-n", "serving", "run", pod, image, "--restart=Never", f"--overrides={override}"),
        *("--command", "--", "python3", "-c", code),
    )
    wait = ["-n", "serving", "wait", f"pod/{pod}", "--timeout=90s"]
    lab.kubectl(*wait, "--for=jsonpath={.status.phase}=Succeeded")
    return lab.kubectl("-n", "serving", "logs", pod).strip() == "200"
