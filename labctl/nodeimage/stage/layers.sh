#!/bin/sh
# Make the layers of the node's images: layers.sh OUT_DIR, with the parts'
# binaries in /parts. Times and owners are left out, so that an unchanged
# component keeps its digest.
set -eu
out=$1
root=$(mktemp -d)

# The programs that kube-proxy and the storage helper call, and the libraries
# that those need, at their places in a merged /usr.
tools() {
	for dir in bin sbin lib lib64; do
		[ ! -e "/usr/$dir" ] || { mkdir -p "$1/usr/$dir" && ln -s "usr/$dir" "$1/$dir"; }
	done
	programs=$(for name in xtables-nft-multi xtables-legacy-multi conntrack nft ip dash cat ls mkdir rm; do
		command -v "$name"
	done)
	# iptables' matches and targets are libraries with needs of their own: without
	# libm, a Service with two endpoints has no rules.
	extensions=$(find /usr/lib -path '*/xtables/*.so')
	for file in $programs $extensions $(ldd $programs $extensions | grep -o '[[:space:]]/[^ :]*' | sort -u); do
		folder=$(realpath "$(dirname "$file")")
		mkdir -p "$1$folder"
		cp -L "$file" "$1$folder/"
	done
	for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
		ln -s xtables-nft-multi "$1/usr/sbin/$name"
	done
	ln -s dash "$1/usr/bin/sh"
	mkdir -p "$1/etc" "$1/tmp" "$1/run"
	cp /etc/protocols /etc/services /etc/ethertypes "$1/etc/"
	# A missing library would show only when a rule needs it.
	loader=$(ls /lib64/ld-linux-*.so* /lib/ld-linux-*.so* 2>/dev/null | head -n1)
	for file in $programs $extensions; do
		chroot "$1" "$loader" --list "$file" >/dev/null || { echo "$file lacks a library" >&2; exit 1; }
	done
}

install_in() { # install_in ROOT PATH BINARY
	mkdir -p "$1$(dirname "$2")"
	cp "$3" "$1$2"
	chmod 755 "$1$2"
}

install_in "$root/kubernetes" /usr/local/bin/hyperkube /parts/hyperkube
mkdir -p "$root/links/usr/local/bin"
for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy labctl-net; do
	ln -s hyperkube "$root/links/usr/local/bin/$name"
done
tools "$root/tools"
install_in "$root/pause" /pause "$(command -v catatonit)"
install_in "$root/etcd" /usr/local/bin/etcd /parts/etcd
install_in "$root/coredns" /coredns /parts/coredns
mkdir -p "$root/coredns/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/coredns/etc/ssl/certs/"
install_in "$root/storage" /usr/local/bin/local-path-provisioner /parts/local-path-provisioner

mkdir -p "$out"
for layer in "$root"/*; do
	name=$(basename "$layer")
	tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$layer" -cf "$out/$name.tar" .
	# zstd: a node unpacks it several times faster than gzip.
	zstd -q -T0 -6 "$out/$name.tar" -o "$out/$name.tar.zst"
done
rm -rf "$root"
