"""Take kind's node files from its module, with our few edits.

Runs with the standard library alone inside the image build:
`python3 kind_files.py MODULE_DIR OUT_DIR PAUSE_IMAGE`. An edit whose pattern
no longer matches fails the build: a newer kind has to be looked at.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

# Not used by our nodes: no rootless engine, no go-licenses output.
UNUSED = (
    "LICENSES",
    "usr/local/bin/clean-install",
    "etc/systemd/system/containerd-fuse-overlayfs.service",
)

# For nodes whose runtime is containerd.
CONTAINERD = (
    "etc/containerd",
    "etc/systemd/system/containerd.service",
    "etc/crictl.yaml",
    "etc/default/kubelet",
)


@dataclass(frozen=True)
class Edit:
    """One change to one of kind's files: `old` must occur exactly once."""

    name: str
    path: str
    old: str
    new: str


_CRUN = """[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "/etc/containerd/cri-base-crun.json"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun.options]
    BinaryName = "/usr/bin/crun"
    SystemdCgroup = true

"""


def edits(pause_image: str) -> tuple[Edit, ...]:
    """What our nodes need otherwise than kind's."""
    return (
        # A host without CAP_SYS_RESOURCE can't lower a score. Where containerd
        # runs with kind's -999 (see containerd.service.d) this restricts nothing.
        Edit(
            "restrict-oom-score",
            "etc/containerd/config.toml",
            "restrict_oom_score_adj = false",
            "restrict_oom_score_adj = true",
        ),
        Edit(
            "no-oom-score-in-unit",
            "etc/systemd/system/containerd.service",
            "OOMScoreAdjust=-999\n",
            "",
        ),
        # A cluster's own choice: its default OCI runtime.
        Edit(
            "imports",
            "etc/containerd/config.toml",
            "version = 2\n",
            'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n',
        ),
        # The second OCI runtime, set up as the first one is.
        Edit(
            "crun",
            "etc/containerd/config.toml",
            "# Setup a runtime with the magic name",
            _CRUN + "# Setup a runtime with the magic name",
        ),
        # On some file systems it edits containerd's configuration.
        Edit(
            "other-runtimes",
            "usr/local/bin/entrypoint",
            "configure_containerd() {\n",
            "configure_containerd() {\n  [[ -f /etc/containerd/config.toml ]] || return 0\n",
        ),
        # kubeadm warns when the runtime's pause image is not its own.
        Edit(
            "pause-image",
            "etc/containerd/config.toml",
            'sandbox_image = "registry.k8s.io/pause:3.10"',
            f'sandbox_image = "{pause_image}"',
        ),
        # cgroup v1 only (v2 returns before): with cpu and cpuacct mounted apart
        # the bind makes kubelet look for kubelet/kubelet. cgroups-v1
        # makes the folders again after systemd has started.
        Edit(
            "no-cgroup-bind",
            "usr/local/bin/entrypoint",
            '  mount --bind "${subsystem}/${cgroup_root}" "${subsystem}/${cgroup_root}"\n',
            "  :\n",
        ),
    )


def apply(edit: Edit, root: Path) -> None:
    """Make one edit in the copy of kind's files."""
    path = root / edit.path
    text = path.read_text()
    if text.count(edit.old) != 1:
        msg = (
            f"edit '{edit.name}': {edit.path} of this kind version has"
            f" {text.count(edit.old)} times, not once: {edit.old!r}"
        )
        raise ValueError(msg)
    path.write_text(text.replace(edit.old, edit.new))


def go_constant(source: str, name: str) -> str:
    """A string constant of a Go file, with the constants that it names put in."""
    found = re.search(
        rf"^const {name} = ((?:`[^`]*`|\"[^\"\n]*\"|\w+| \+ )+)$", source, re.MULTILINE
    )
    if found is None:
        msg = f"kind's source has no constant '{name}' any more"
        raise ValueError(msg)
    parts = re.findall(r"`([^`]*)`|\"([^\"\n]*)\"|(\w+)", found[1])
    return "".join(
        raw or quoted or (ref and go_constant(source, ref)) for raw, quoted, ref in parts
    )


def main(module: Path, out: Path, pause_image: str) -> None:
    """Write rootfs/, containerd/, default-storage.yaml and storage-images to `out`."""
    rootfs = out / "rootfs"
    shutil.copytree(module / "images/base/files", rootfs)
    for unused in UNUSED:
        path = rootfs / unused
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    # The module cache is read-only, and its files have lost their modes.
    for path in rootfs.rglob("*"):
        script = path.is_dir() or "bin" in path.parent.parts[-1:]
        path.chmod(0o755 if script else 0o644)
    for edit in edits(pause_image):
        apply(edit, rootfs)
    # A node with another runtime has nothing of containerd's.
    for name in CONTAINERD:
        target = out / "containerd" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (rootfs / name).rename(target)
    storage = (module / "pkg/build/nodeimage/const_storage.go").read_text()
    (out / "default-storage.yaml").write_text(go_constant(storage, "defaultStorageManifest"))
    names = [go_constant(storage, f"storage{part}Image") for part in ("Provisioner", "Helper")]
    (out / "storage-images").write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
