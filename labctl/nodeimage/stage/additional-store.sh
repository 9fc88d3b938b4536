#!/bin/sh
# Unpack images into a read-only store that CRI-O uses beside its own:
# additional-store.sh ARCHIVE NAMES STORE.
#
# Nothing is copied and nothing unpacked when a node starts
# (additionalimagestores in containers-storage.conf(5)).
set -eu
archive=$1 names=$2 store=$3
mkdir -p "$store" /tmp/layout
tar -xf "$archive" -C /tmp/layout
# A build may not mount, and importing does not need to. The storage library
# tries a mount only where no program does it instead, and its home is its own.
cat >/tmp/storage.conf <<E
[storage]
driver = "overlay"
graphroot = "$store"
runroot = "/tmp/storage"
[storage.options.overlay]
mount_program = "/bin/true"
skip_mount_home = "true"
E
export CONTAINERS_STORAGE_CONF=/tmp/storage.conf
while read -r name; do
	skopeo --insecure-policy copy --quiet "oci:/tmp/layout:$name" "containers-storage:$name"
done <"$names"
# It would tell CRI-O to use that program too.
rm -rf "$store/overlay/.has-mount-program" /tmp/layout /tmp/storage /tmp/storage.conf
