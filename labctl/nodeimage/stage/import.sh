#!/bin/sh
# Put an archive of images into containerd's content store, as blobs only:
# import.sh ARCHIVE. The node unpacks what it runs. The pinned label keeps
# kubelet's garbage collection off them.
set -eu
archive=$1
# Importing needs no snapshotter and no CRI, which could not start in a build.
cat >/tmp/containerd.toml <<'E'
version = 3
disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]
E
containerd --config /tmp/containerd.toml --log-level error &
pid=$!
tries=0
until ctr version >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ "$tries" -lt 300 ] && kill -0 "$pid" || { echo "containerd did not start" >&2; exit 1; }
	sleep 0.1
done
ctr -n k8s.io images import --label=io.cri-containerd.pinned=pinned \
	--all-platforms --no-unpack "$archive"
kill "$pid"
wait "$pid" || true
# What only a running containerd needs.
rm -rf /run/containerd /tmp/containerd.toml
