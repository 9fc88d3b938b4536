from pathlib import Path

from labctl.tools.freezer import thaw

ID = "ea01e635400b"


def group(hierarchy: Path, name: str, state: str) -> Path:
    folder = hierarchy / name
    folder.mkdir(parents=True)
    (folder / "freezer.state").write_text(f"{state}\n")
    return folder / "freezer.state"


def test_only_the_containers_own_processes_go_on(tmp_path: Path) -> None:
    outer = group(tmp_path, f"docker/{ID}", "THAWED")
    inner = group(tmp_path, f"docker/{ID}/kubelet.slice/cri-containerd-1.scope", "FROZEN")
    half = group(tmp_path, f"docker/{ID}/kubelet.slice/cri-containerd-2.scope", "FREEZING")
    systemd = group(tmp_path, f"system.slice/docker-{ID}.scope/pod", "FROZEN")
    other = group(tmp_path, "docker/another/kubelet.slice", "FROZEN")
    assert thaw(ID, tmp_path)
    assert {one.read_text() for one in (inner, half, systemd)} == {"THAWED"}
    assert (outer.read_text(), other.read_text()) == ("THAWED\n", "FROZEN\n")


def test_where_nothing_is_frozen_nothing_is_said_to_be(tmp_path: Path) -> None:
    group(tmp_path, f"docker/{ID}", "THAWED")
    assert not thaw(ID, tmp_path)
    assert not thaw(ID, tmp_path / "no-such-hierarchy")
