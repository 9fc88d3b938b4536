#!/bin/sh
# Build one part inside the Go stage: build.sh PART [VERSION]
#
# The module and build caches are BuildKit cache mounts, so a second version
# compiles only what differs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
part=$1 version=${2:-}
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
out=${OUT:-/out}
mkdir -p "$out"
# The machine's own CA bundle, where the caller has one: a secret, never a layer.
if [ -s /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi

# An old version may have sources of its own, and a Go toolchain of its time.
use_own() { # use_own FOLDER
	for source in "$1"/*.go; do
		[ ! -f "$source" ] || cp "$source" .
	done
	[ ! -f "$1/toolchain" ] || export GOTOOLCHAIN=$(cat "$1/toolchain")
}

# Pinned versions have their go.mod and go.sum in the project. Others get a
# wrapper module here and now, held to the public checksum database by Go.
use_module() {
	use_own "$version"
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

# The source of a module, for parts that are built from its own go.mod and go.sum.
source_of() { # source_of MODULE
	# Once for its words, which are plain where there is no such version.
	(cd / && go mod download "$1@v$version")
	(cd / && go mod download -json "$1@v$version") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

copy_of() { # copy_of MODULE TARGET
	cp -r "$(source_of "$1")" "$2"
	chmod -R u+w "$2"
}

case $part in
# kind's module is a source of files: nothing to compile, nothing to require.
kind)
	dir=$(source_of sigs.k8s.io/kind)
	mkdir -p "$out/images" "$out/pkg/build"
	cp -r "$dir/images/base" "$out/images/"
	cp -r "$dir/pkg/build/nodeimage" "$out/pkg/build/"
	exit
	;;
# Ours, with nothing but the standard library.
oci-runtime)
	cd "$here/oci-runtime"
	go vet . && go test .
	build oci-runtime . ""
	exit
	;;
# Partly C: seccomp.
cri-o)
	copy_of github.com/cri-o/cri-o /src/cri-o-source
	cd /src/cri-o-source
	export CGO_ENABLED=1
	build crio ./cmd/crio "" \
		"containers_image_openpgp containers_image_ostree_stub exclude_graphdriver_btrfs seccomp"
	gcc -std=c99 -O2 -static -s -o "$out/pinns" pinns/src/*.c
	exit
	;;
# Its go.mod has `replace` lines, so it is built as it is, with our patches.
cri-dockerd)
	copy_of github.com/Mirantis/cri-dockerd /src/cri-dockerd-source
	cd /src/cri-dockerd-source
	for change in "$here"/cri-dockerd/*.patch; do patch -p1 --fuzz=0 <"$change"; done
	v=github.com/Mirantis/cri-dockerd/cmd/version
	build cri-dockerd . "-X $v.Version=$version -X $v.PreRelease=labctl -X $v.GitCommit=patched"
	exit
	;;
esac

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
