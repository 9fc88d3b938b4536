"""Clusters from checkpoints: as good as new ones, their own, and no worse off where one is broken."""

import json
import subprocess
from datetime import UTC, datetime

import pytest

from tests.lab_fixtures import LAB, Cli, Running, traces

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

FROM = "from a checkpoint"
KEEP = "Keep a checkpoint"
HIDDEN = "-----BEGIN [A-Z ]*PRIVATE KEY-----|bootstrap-token-[a-z0-9]{6}"


@pytest.fixture(params=["containerd", "cri-o", "docker", "containerd,cri-o"])
def runtime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def checkpoint(cli: Cli, name: str) -> str:
    """The checkpoint of a cluster like the first lab's, made where there is none."""
    cli("checkpoint", "prune")
    cli("up", LAB, "--name", name)
    cli("down", "--name", name)
    return _ready(cli)


def test_a_cluster_from_a_checkpoint_is_its_own_and_passes_the_lab(
    cli: Cli, name: str, runtime: str
) -> None:
    argv = ("up", LAB, "--name", name, "--runtime", runtime)
    cli(*argv)
    cold = Running(cli, name)
    authority = _authority(cold)
    cli("down", "--name", name)
    begun = datetime.now(UTC).replace(microsecond=0)
    ran = cli(*argv)
    assert FROM in ran.err
    warm = Running(cli, name)
    assert _authority(warm) != authority
    names = ("apiserver", "etcd/server", "front-proxy-client")
    assert all(
        _made(warm, f"/etc/kubernetes/pki/{one}.crt") > begun.timestamp() - 400 for one in names
    )
    assert "bootstrap" not in warm.kubectl("get", "secrets", "--all-namespaces")
    assert "kubeadm" in warm.kubectl("get", "configmaps", "-n", "kube-system")
    roles = warm.kubectl("get", "nodes", "--selector", "node-role.kubernetes.io/control-plane")
    assert warm.node in roles
    warm("solve", "--all")
    warm("check")
    cli("down", "--name", name)
    assert traces(name) == []


def test_a_checkpoint_that_up_keeps_has_no_secret(cli: Cli, checkpoint: str) -> None:
    (image,) = _places(checkpoint)
    search = f"grep -rlE -e '{HIDDEN}' /usr/lib/labctl/var /kind /etc/kubernetes; true"
    found = _docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", search)
    # Scripts that name what they look for.
    assert [line for line in found.splitlines() if not line.endswith(".sh")] == []
    root = "tar -tf /usr/lib/labctl/var/lib/labctl/root.tar"
    inside = _docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", root)
    assert "pki" not in inside
    assert "etc/kubernetes/manifests/etcd.yaml" in inside


@pytest.mark.fault
def test_half_a_checkpoint_is_told_and_a_whole_one_made_again(
    cli: Cli, name: str, checkpoint: str
) -> None:
    _docker("rmi", "--force", *_places(checkpoint))
    listed = cli.json("checkpoint", "list")
    assert checkpoint in listed["parts"]
    ran = cli("up", LAB, "--name", name)
    assert "only a part is left" in ran.err
    assert FROM not in ran.err
    assert KEEP in ran.err
    Running(cli, name)("solve", "--all")
    Running(cli, name)("check")
    assert _ready(cli) == checkpoint


@pytest.mark.fault
def test_a_checkpoint_that_leads_to_nothing_is_given_up_and_says_why(
    cli: Cli, name: str, checkpoint: str
) -> None:
    (image,) = _places(checkpoint)
    broken = "rm /usr/lib/labctl/var/lib/labctl/root.tar"
    broken += "; echo nonsense > /usr/lib/labctl/var/lib/labctl/root.tar"
    made = _docker("create", "--entrypoint=sh", image, "-c", broken).strip()
    try:
        _docker("start", "--attach", made)
        keep = json.loads(_docker("inspect", "--format", "{{json .Config.Entrypoint}}", image))
        _docker("commit", "--change", f"ENTRYPOINT {json.dumps(keep)}", made, image)
    finally:
        _docker("rm", made)
    ran = cli("up", LAB, "--name", name)
    assert "Starting without the checkpoint" in ran.err
    assert "root.tar" in ran.err or "tar" in ran.err
    assert KEEP in ran.err
    Running(cli, name)("solve", "--all")
    Running(cli, name)("check")


def test_a_lab_comes_back_as_it_was_saved(cli: Cli, name: str, checkpoint: str) -> None:
    cli("up", LAB, "--name", name)
    lab = Running(cli, name)
    lab("solve", "--all")
    lab("check")
    _docker("exec", lab.node, "sh", "-c", "echo mine >/etc/mine; rm /etc/issue")
    authority = _authority(lab)
    saved = name.removeprefix("test-") + "-saved"
    try:
        cli("checkpoint", "save", saved, "--name", name)
        lab("check")
        again = cli("checkpoint", "save", saved, "--name", name, code=2)
        assert "there already" in again.err
        lab.kubectl("delete", "namespace", "serving", "--wait=false")
        _docker("exec", lab.node, "rm", "/etc/mine")
        cli("checkpoint", "restore", saved)
        lab("check")
        assert _authority(lab) == authority
        seen = _docker(
            "exec", lab.node, "sh", "-c", "cat /etc/mine; test ! -e /etc/issue && echo gone"
        )
        assert seen.split() == ["mine", "gone"]
    finally:
        cli("checkpoint", "delete", saved, code=None)
    assert saved not in _docker("volume", "ls")


def _ready(cli: Cli) -> str:
    """The name of the newest checkpoint of one containerd node."""
    for one in cli.json("checkpoint", "list")["checkpoints"]:
        if one["kind"] == "ready" and one["runtimes"] == ["containerd"] and one["nodes"] == 1:
            return str(one["name"])
    raise AssertionError("no checkpoint")


def _places(checkpoint: str) -> list[str]:
    volume = f"labctl-checkpoint-{checkpoint}"
    label = '{{index .Labels "dev.labctl.checkpoint.manifest"}}'
    manifest = json.loads(_docker("volume", "inspect", "--format", label, volume))
    return [str(node["place"]) for node in manifest["nodes"]]


def _authority(lab: Running) -> str:
    return _docker("exec", lab.node, "cat", "/etc/kubernetes/pki/ca.crt")


def _made(lab: Running, certificate: str) -> float:
    """When a certificate's time begins; kubeadm dates it five minutes back."""
    argv = ("openssl", "x509", "-in", certificate, "-noout", "-startdate")
    said = _docker("exec", lab.node, *argv).strip().removeprefix("notBefore=")
    return datetime.strptime(said, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC).timestamp()


def _docker(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(argv)}: {done.stderr}"
    return done.stdout
