#!/bin/sh
# What went in, as NAME=VERSION lines; they become the image's labels.
set -eu
package() { dpkg-query -W -f='${Version}' "$1"; }
cat <<E
cni-plugins=$(cat /kind/labctl/cni-plugins)
debian=$(cat /etc/debian_version)
iptables=$(package iptables)
runc=$(package runc)
systemd=$(package systemd)
E
