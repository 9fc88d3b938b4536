#!/bin/sh
# Copy a node's /var into a checkpoint, with KIND and TO in the environment. The node stands still
# meanwhile.
set -eu
to=$TO
kept=/usr/lib/labctl/kept
containerd=lib/containerd
snapshots=$containerd/io.containerd.snapshotter.v1.overlayfs/snapshots
blobs=$containerd/io.containerd.content.v1.content/blobs/sha256
docker=lib/docker
crio=lib/containers/storage
mkdir -p $to
cd /var
both() { # tar from here to there: what comes next is left out
	{
		tar --xattrs --xattrs-include='*' --exclude=./lib/labctl "$@" -cf - . || touch /tmp/failed
	} | tar --xattrs --xattrs-include='*' -xpf - -C $to
	[ ! -e /tmp/failed ] || { echo "/var could not be read" >&2; exit 1; }
}

if [ "$KIND" = ready ]; then
	# A cluster that becomes another one: without what belongs to Pods and containers.
	both --exclude=./log --exclude=./lib/cni --exclude=./lib/kubelet/pki \
		--exclude='./lib/kubelet/*_state' --exclude=./lib/kubelet/pods --exclude=./lib/systemd \
		--exclude=./$containerd/io.containerd.grpc.v1.cri --exclude=./lib/crio \
		--exclude=./$docker/containers --exclude=./lib/cri-dockerd \
		--exclude=./local-path-provisioner --exclude=./$crio/overlay-containers \
		--exclude=./$crio/overlay-layers/volatile-layers.json --exclude=./$crio/overlay \
		--exclude=./$snapshots --exclude=./$blobs --exclude=./$docker/overlay2
	mkdir -p $to/log $kept
	# Layers never change. They go into an image, which nobody copies, with a link in their place:
	# an overlay's lower folder may be reached by one.
	# What a layer hides of those below it would hide in an image, too: such a layer is packed.
	marked() {
		find "$1" -type c -exec stat -c %t,%T {} + | grep -qx 0,0 ||
			tar --xattrs --xattrs-include='trusted.overlay.*' -cf - "$1" 2>/dev/null |
			grep -aq 'SCHILY.xattr.trusted.overlay'
	}
	keep() { # keep PATH
		mkdir -p "$kept/$(dirname "$1")" "$to/$(dirname "$1")"
		if marked "$1"; then
			tar --xattrs --xattrs-include='*' -rf $kept/marked.tar "$1"
			return
		fi
		cp -a "$1" "$kept/$1"
		ln -s "$kept/$1" "$to/$1"
	}
	if [ -d $snapshots ]; then
		for one in $snapshots/*; do
			keep "$one/fs"
			[ ! -d "$one/work" ] || mkdir -m 711 "$to/$one/work"
			chmod --reference="$one" "$to/$one"
		done
		for one in $blobs/*; do keep "$one"; done
	fi
	layers() { # layers FOLDER CONTAINERS: Docker's or CRI-O's, without those that containers had
		for one in "$1"/*; do
			case " $(echo $2) " in *" ${one##*/} "*) continue ;; esac
			[ -d "$one/diff" ] || continue
			mkdir -p "$to/$one"
			keep "$one/diff"
			for file in link lower committed work; do
				[ ! -e "$one/$file" ] || cp -a "$one/$file" "$to/$one/"
			done
			mkdir -p "$to/$1/l"
			[ ! -e "$one/link" ] || ln -s "../${one##*/}/diff" "$to/$1/l/$(cat "$one/link")"
		done
		(cd "$1" && find . -maxdepth 2 -type d) | while read -r dir; do
			[ ! -d "$to/$1/$dir" ] || chmod --reference="$1/$dir" "$to/$1/$dir"
		done
	}
	if [ -d $crio/overlay ]; then
		layers $crio/overlay "$(jq -r '.[].id' $crio/overlay-layers/volatile-layers.json)"
	fi
	if [ -d $docker/overlay2 ]; then
		layers $docker/overlay2 "$(cat $docker/image/overlay2/layerdb/mounts/*/*-id)"
		rm -rf $to/$docker/image/overlay2/layerdb/mounts/* $to/$docker/containerd
		mkdir -p $to/$docker/containers
	fi
else
	both
	# It is to need no image but the node's.
	find $to/$containerd $to/$docker $to/$crio -type l -lname "$kept/*" 2>/dev/null | while read -r link; do
		target=$(readlink "$link")
		rm "$link"
		cp -a "$target" "$link"
	done
fi
mv $to/lib/labctl-taking $to/lib/labctl
