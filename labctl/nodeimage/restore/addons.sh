#!/bin/sh
# What a restored control plane does beside its kubelet: let its workers join, and put into the
# cluster what names the cluster itself. The last file says that it is done.
set -eu
exec >>/kind/labctl/restore.log 2>&1
trap '[ $? = 0 ] || tail -n 5 /kind/labctl/restore.log >/kind/labctl/failed' EXIT
. /kind/labctl/restoring

mkdir -p /kind/labctl/joins
for worker in $WORKERS; do
	kubeadm kubeconfig user --config /kind/kubeadm.conf --org system:nodes \
		--client-name "system:node:$CLUSTER-$worker" >/kind/labctl/joins/new
	mv /kind/labctl/joins/new "/kind/labctl/joins/$worker"
done

# With curl: kubectl and kubeadm take a fifth of a second each to start, while every processor has
# a control plane to start.
api() { # api METHOD TYPE PATH FILE
	curl -sS --fail-with-body --cacert /etc/kubernetes/pki/ca.crt --cert /run/labctl-admin.crt \
		--key /run/labctl-admin.key -X "$1" -H "Content-Type: application/$2" \
		"https://localhost:6443$3" --data-binary @"$4"
}
again() { # It has begun to answer, no more: it may still refuse.
	tries=0
	until answer=$(api "$@"); do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { echo "$answer"; exit 1; }
		sleep 0.1
	done
}
if [ "$KIND" = ready ]; then
	umask 077
	for part in certificate:crt key:key; do
		sed -n "s/.*client-${part%:*}-data: //p" /etc/kubernetes/admin.conf | base64 -d \
			>/run/labctl-admin.${part#*:}
	done
	authority=$(base64 -w0 /etc/kubernetes/pki/ca.crt)
	sed -i -E "s|(certificate-authority-data: )[A-Za-z0-9+/=]+|\1$authority|" \
		/kind/labctl/objects/*.json
	until curl -sfk https://localhost:6443/livez >/dev/null; do sleep 0.05; done
	for file in /kind/labctl/objects/*.json; do
		path=$(jq -r '(if .kind == "ConfigMap" then "/api/v1" else "/apis/apps/v1" end)
			+ "/namespaces/\(.metadata.namespace)/\(.kind | ascii_downcase)s"' "$file")
		again POST json "$path" "$file"
	done
	again PATCH merge-patch+json "/api/v1/nodes/$(hostname)" /kind/labctl/node.json
	rm /run/labctl-admin.*
fi
mv /kind/labctl/restoring /kind/labctl/restored
