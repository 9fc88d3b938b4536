#!/bin/sh
# Take out of a copied /var what makes it this cluster: nodes, Pods, tokens, what names its
# authority, containers that no longer are. No key is left in it. TO is in the environment.
set -eu
var=$TO

if [ -d "$var/lib/etcd" ]; then
	etcd=$(find /usr/lib/labctl -path '*/usr/local/bin/etcd' -type f | head -n1)
	url=http://127.0.0.1:2379
	serve() { # serve FOLDER
		"$etcd" --data-dir "$1" --listen-client-urls $url --advertise-client-urls $url \
			--listen-peer-urls http://127.0.0.1:2380 --heartbeat-interval 20 \
			--election-timeout 200 >/tmp/etcd.log 2>&1 &
		pid=$!
		until curl -sf $url/health >/dev/null; do
			kill -0 $pid || { tail -n 3 /tmp/etcd.log >&2; exit 1; }
			sleep 0.05
		done
	}
	serve "$var/lib/etcd"
	# etcd's JSON gateway: https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
	ask() { curl -sf "$url/v3/$1" -d "$2"; }
	code() { printf %s "$1" | base64 -w0; }
	forget() { ask kv/deleterange "{\"key\": \"$(code "/registry/$1")\"$2}" >/dev/null; }
	forget_all() { # all keys that begin so: up to the next one after a "/" or "-"
		next=$(printf %s "$1" | sed 's/\/$/0/; s/-$/./')
		forget "$1" ", \"range_end\": \"$(code "/registry/$next")\""
	}
	for kind in minions pods leases events csinodes masterleases endpointslices peerserverleases \
		certificatesigningrequests services/endpoints; do
		forget_all $kind/
	done
	forget_all secrets/kube-system/bootstrap-token-
	# Made anew with the new names and the new authority.
	forget daemonsets/kube-system/labctl-net ""
	forget_all controllerrevisions/kube-system/labctl-net-
	forget configmaps/kube-system/kube-proxy ""
	forget configmaps/kube-system/kubeadm-config ""
	forget configmaps/kube-system/extension-apiserver-authentication ""
	forget configmaps/kube-public/cluster-info ""
	ask kv/range "{\"key\": \"$(code /registry/configmaps/)\", \"keys_only\": true,
		\"range_end\": \"$(code /registry/configmaps0)\"}" | jq -r '.kvs[].key | @base64d' |
		sed -n 's|^/registry/\(.*/kube-root-ca\.crt\)$|\1|p' |
		while read -r key; do forget "$key" ""; done
	# Into an empty store: the log and the past of this one still have what was taken out.
	ask kv/range "{\"key\": \"$(code /registry/)\", \"range_end\": \"$(code /registry0)\"}" |
		jq -c '[.kvs[] | {requestPut: {key, value}}] | _nwise(100) | {success: .}' >/tmp/puts
	kill $pid
	wait $pid || true
	rm -r "$var/lib/etcd"
	serve "$var/lib/etcd"
	while read -r put; do echo "$put" | curl -sf "$url/v3/kv/txn" -d @- >/dev/null; done </tmp/puts
	kill $pid
	wait $pid || true
	rm /tmp/puts
	chmod 700 "$var/lib/etcd"
	# A log's file is 64 MB from the start, nearly all of it zeros, and the next one is there.
	rm -f "$var"/lib/etcd/member/wal/*.tmp
	for file in "$var"/lib/etcd/member/wal/*.wal; do
		cp -a --sparse=always "$file" "$file.new"
		mv "$file.new" "$file"
	done
fi

# containerd's record of containers. Those of the others were not copied.
if [ -d "$var/lib/containerd/io.containerd.metadata.v1.bolt" ]; then
	cat >/tmp/containerd.toml <<E2
version = 3
root = "$var/lib/containerd"
disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]
E2
	containerd --config /tmp/containerd.toml --log-level error 2>/tmp/containerd.log &
	pid=$!
	ctr() { command ctr --namespace k8s.io "$@" 2>>/tmp/ctr.log; }
	until ctr version >/dev/null; do
		kill -0 $pid || { tail -n 3 /tmp/containerd.log >&2; exit 1; }
		sleep 0.05
	done
	for one in $(ctr containers list --quiet); do ctr containers rm "$one"; done
	for one in $(ctr snapshots list | awk '$3 == "Active" {print $1}'); do
		ctr snapshots rm "$one"
	done
	kill $pid
	wait $pid || true
fi
