#!/bin/sh
# Make the wrapper module of one part: module.sh PART VERSION
#
# Writes go.mod and go.sum beside the part's sources. Used for versions that
# the project has no pins for, and to renew the pins (docs/node-images.md).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
part=$1 version=$2
export GOFLAGS=-mod=mod
rm -f go.mod go.sum
for source in "$version"/*.go; do
	[ ! -f "$source" ] || cp "$source" .
done
[ ! -f "$version/toolchain" ] || export GOTOOLCHAIN=$(cat "$version/toolchain")

require() { # require MODULE PACKAGE...
	module=$1
	shift
	go mod init "labctl.dev/node/$part" 2>/dev/null
	go mod edit -go="${GOTOOLCHAIN#go}" -require="$module@v$version"
	if [ "$#" -gt 0 ]; then
		printf '//go:build tools\n\npackage tools\n\n' >tools.go
		for p in "$@"; do printf 'import _ "%s"\n' "$p" >>tools.go; done
	fi
}

case $part in
kubernetes)
	# Once for its words, which are plain where there is no such version.
	(cd / && go mod download "k8s.io/kubernetes@v$version")
	upstream=$(cd / && go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
	python3 "$here/gomod.py" "$version" <"$upstream" >go.mod
	;;
containerd)
	c=github.com/containerd/containerd/v2
	require $c $c/cmd/containerd $c/cmd/ctr $c/cmd/containerd-shim-runc-v2
	;;
etcd) require go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 ;;
crictl) require sigs.k8s.io/cri-tools sigs.k8s.io/cri-tools/cmd/crictl ;;
coredns) require github.com/coredns/coredns ;;
storage) require github.com/rancher/local-path-provisioner github.com/rancher/local-path-provisioner ;;
esac
if [ -f tools.go ]; then
	# Programs can't be imported, which is an error that does not matter here.
	go list -e -deps -tags tools . >/dev/null
else
	go list -deps . >/dev/null
fi
