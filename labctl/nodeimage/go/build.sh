#!/bin/sh
# Build one part inside the Go stage: build.sh PART VERSION
#
# The module and build caches are BuildKit cache mounts, so a second version
# compiles only what differs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
part=$1 version=$2
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
out=${OUT:-/out}
mkdir -p "$out"
# The machine's own CA bundle, where the caller has one: a secret, never a layer.
if [ -s /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi

# Pinned versions have their go.mod and go.sum in the project. Others get a
# wrapper module here and now, held to the public checksum database by Go.
use_module() {
	if [ -f "$version/go.mod" ]; then
		cp "$version/go.mod" "$version/go.sum" .
	else
		echo "$part $version is not pinned: making its module"
		sh "$here/module.sh" "$part" "$version"
	fi
}

build() { # build OUTPUT PACKAGE LDFLAGS [TAGS]
	echo "linking $1"
	go build -trimpath -tags "${4:-}" -ldflags "-s -w $3" -o "$out/$1" "$2"
}

kubernetes_flags() {
	minor=${version#*.}
	for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		# Without these kubeadm refuses its own version.
		printf ' -X %s' \
			"$p.gitVersion=v$version" "$p.gitMajor=${version%%.*}" "$p.gitMinor=${minor%%.*}" \
			"$p.gitTreeState=archive" "$p.gitCommit=0000000000000000000000000000000000000000" \
			"$p.buildDate=1970-01-01T00:00:00Z"
	done
}

# kind's module is a source of files: nothing to compile, nothing to require.
if [ "$part" = kind ]; then
	dir=$(go mod download -json "sigs.k8s.io/kind@v$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	mkdir -p "$out/images" "$out/pkg/build"
	cp -r "$dir/images/base" "$out/images/"
	cp -r "$dir/pkg/build/nodeimage" "$out/pkg/build/"
	exit
fi

cd "$here/$part"
use_module
case $part in
kubernetes)
	build hyperkube . "$(kubernetes_flags)"
	;;
containerd)
	# Snapshotters that a node never selects are left out, as kind does.
	tags="no_btrfs no_devmapper no_zfs"
	v=github.com/containerd/containerd/v2
	flags="-X $v/version.Version=v$version -X $v/version.Package=$v"
	for c in containerd ctr containerd-shim-runc-v2; do build "$c" "$v/cmd/$c" "$flags" "$tags"; done
	;;
etcd)
	build etcd go.etcd.io/etcd/server/v3 ""
	;;
crictl)
	build crictl sigs.k8s.io/cri-tools/cmd/crictl \
		"-X sigs.k8s.io/cri-tools/pkg/version.Version=v$version"
	;;
coredns)
	build coredns . ""
	;;
storage)
	build local-path-provisioner github.com/rancher/local-path-provisioner \
		"-X main.VERSION=v$version"
	;;
*)
	echo "$part: no such part" >&2
	exit 2
	;;
esac
