#!/bin/sh
# Leave of systemd what a node needs, as kind's own base image does:
# systemd.sh UNIT..., with the runtime's units.
set -eu
find /usr/lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
rm -f /usr/lib/systemd/system/multi-user.target.wants/* \
	/etc/systemd/system/*.wants/* \
	/usr/lib/systemd/system/local-fs.target.wants/* \
	/usr/lib/systemd/system/sockets.target.wants/*udev* \
	/usr/lib/systemd/system/sockets.target.wants/*initctl* \
	/usr/lib/systemd/system/basic.target.wants/*
[ -e /sbin/init ] || ln -s /usr/lib/systemd/systemd /sbin/init
for unit in kubelet labctl-cgroups undo-mount-hacks "$@"; do systemctl enable "$unit.service"; done
# It would register things in the kernel's one binfmt_misc.
systemctl mask systemd-binfmt.service
