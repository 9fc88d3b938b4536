#!/bin/sh
# Runs on a node that goes on working: write down what it has outside of /var.
# take.sh KIND OLD_CLUSTER WORKERS; the paths to keep come on standard input, those that are gone
# with a "-" before them.
set -eu
state=/var/lib/labctl-taking
rm -rf "$state"
mkdir -m 700 "$state"
cat >"$state/paths"
sed -n 's/^-//p' "$state/paths" >"$state/removed"
# Some may have gone meanwhile.
cd /
sed -n 's/^+//p' "$state/paths" | while read -r path; do
	[ ! -e "$path" ] && [ ! -L "$path" ] || printf '%s\0' ".$path"
done >"$state/kept"
tar -cf "$state/root.tar" --no-recursion --null -T "$state/kept"
rm "$state/paths" "$state/kept"
# What names the cluster in its own API; see addons.sh.
if [ "$1" = ready ] && [ -f /etc/kubernetes/admin.conf ]; then
	mkdir "$state/objects"
	for name in kube-system/kube-proxy kube-system/kubeadm-config kube-public/cluster-info; do
		kubectl --kubeconfig /etc/kubernetes/admin.conf get --namespace "${name%/*}" \
			configmap "${name#*/}" --output json |
			jq '{apiVersion, kind, data: (.data | with_entries(select(.key | test("^jws-") | not))),
				metadata: (.metadata | {name, namespace, labels, annotations})}' \
				>"$state/objects/${name#*/}.json"
	done
fi
address=$(getent ahostsv4 "$(hostname)" | head -n1 | cut -d' ' -f1)
printf "KIND=%s\nOLD_CLUSTER=%s\nOLD_ADDRESS=%s\nWORKERS='%s'\n" "$1" "$2" "$address" "$3" \
	>"$state/names"
