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
	for one in configmap/kube-proxy configmap/kubeadm-config daemonset/labctl-net; do
		kubectl --kubeconfig /etc/kubernetes/admin.conf get --namespace kube-system "$one" \
			--ignore-not-found --output json >"$state/objects/${one#*/}.json"
	done
	kubectl --kubeconfig /etc/kubernetes/admin.conf get --namespace kube-public \
		configmap/cluster-info --output json >"$state/objects/cluster-info.json"
	for file in "$state"/objects/*; do
		jq 'del(.status, .data["jws-kubeconfig-abcdef"]?) |
			.metadata |= {name, namespace, labels}' "$file" >"$state/object"
		# One that there was not is an empty file.
		if [ -s "$state/object" ]; then mv "$state/object" "$file"; else rm "$file"; fi
	done
	rm -f "$state/object"
	# What kubeadm adds to its node; the kubelet has the other labels itself.
	kubectl --kubeconfig /etc/kubernetes/admin.conf get node "$(hostname)" --output json |
		jq '{metadata: {labels: (.metadata.labels | with_entries(select(.key |
				test("node-role|exclude-from")))),
			annotations: (.metadata.annotations | with_entries(select(.key | test("kubeadm"))))},
			spec: {taints: .spec.taints}}' >"$state/node.json"
fi
address=$(getent ahostsv4 "$(hostname)" | head -n1 | cut -d' ' -f1)
printf "KIND=%s\nOLD_CLUSTER=%s\nOLD_ADDRESS=%s\nWORKERS='%s'\n" "$1" "$2" "$address" "$3" \
	>"$state/names"
