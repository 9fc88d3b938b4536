"""Write the wrapper module of one Kubernetes release.

Kubernetes' own go.mod has `replace` lines, so it can be built only from a
module that repeats them. Runs with the standard library alone, because the
image build calls it inside the Go stage: `python3 gomod.py 1.36.3 < go.mod`.
"""

import re
import sys

MODULE = "labctl.dev/node/kubernetes"

_GO = re.compile(r"^go (\S+)$", re.MULTILINE)
_GODEBUG = re.compile(r"^godebug (?:\S+$|\(.*?^\))", re.MULTILINE | re.DOTALL)
# Only the staging modules: pseudo-versions such as kube-openapi's go on after v0.0.0.
_STAGING = re.compile(r"^\s+(k8s\.io/\S+) v0\.0\.0\s*$", re.MULTILINE)


def wrapper(upstream: str, version: str) -> str:
    """The go.mod that builds Kubernetes `version`, whose own go.mod is `upstream`."""
    go = _GO.search(upstream)
    staging = sorted(set(_STAGING.findall(upstream)))
    if go is None or not staging:
        msg = f"the go.mod of Kubernetes {version} has no go line or no staging modules"
        raise ValueError(msg)
    godebug = _GODEBUG.search(upstream)
    staging_version = "v0." + version.split(".", 1)[1]
    return "\n".join(
        [
            f"module {MODULE}",
            "",
            f"go {go[1]}",
            "",
            *([godebug[0], ""] if godebug else []),
            f"require k8s.io/kubernetes v{version}",
            "",
            "replace (",
            *(f"\t{name} => {name} {staging_version}" for name in staging),
            ")",
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(wrapper(sys.stdin.read(), sys.argv[1]))
