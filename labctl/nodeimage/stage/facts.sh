#!/bin/sh
# What went in, as NAME=VERSION lines; they become the image's labels:
# facts.sh PACKAGE..., with the packages of the node's runtime.
set -eu
echo "cni-plugins=$(cat /opt/cni/version)"
echo "debian=$(cat /etc/debian_version)"
for name in crun iptables runc systemd "$@"; do
	echo "$name=$(dpkg-query -W -f='${Version}' "$name")"
done
