#!/bin/sh
# Give a node that was made from a checkpoint what is its own, before its kubelet starts: names and
# addresses in its files, and certificates and keys that no other cluster has.
#
# The checkpoint left in /var/lib/labctl: root.tar, what its node had outside of /var; removed, the
# paths that were removed there; objects, see addons.sh; names, see the variables. No keys are in them, but for those of the
# authorities where a cluster comes back as itself.
set -eu
state=/var/lib/labctl
exec >/kind/labctl/restore.log 2>&1
trap '[ $? = 0 ] || tail -n 5 /kind/labctl/restore.log >/kind/labctl/failed' EXIT

# OLD_CLUSTER and OLD_ADDRESS as they were, KIND, and WORKERS as "worker worker2".
. "$state/names"
node=$(hostname)
cluster=$(echo "$node" | sed -E 's/-(control-plane|worker[0-9]*)$//')
address=$(getent ahostsv4 "$node" | head -n1 | cut -d' ' -f1)

xargs -r -d '\n' rm -rf -- <"$state/removed"
tar -xpf "$state/root.tar" -C /
old_address=$(echo "$OLD_ADDRESS" | sed 's/\./\\./g')
rm -rf /kind/labctl/objects
[ ! -d "$state/objects" ] || mv "$state/objects" "$state/node.json" /kind/labctl/
for file in /kind/labctl/objects/*.json /kind/kubeadm.conf /etc/kubernetes/manifests/*.yaml \
	/var/lib/kubelet/kubeadm-flags.env; do
	# The cluster's name alone may be another thing's as well.
	[ ! -f "$file" ] || sed -E -i \
		-e "s/\b$OLD_CLUSTER(-control-plane|-worker[0-9]*)\b/$cluster\1/g" \
		-e "s#(clusterName: |--cluster-name=|kind://docker/)$OLD_CLUSTER\b#\1$cluster#g" \
		-e "s/\b$old_address\b/$address/g" "$file"
done

# Certificates are made anew, whatever their age; authorities that are there stay.
rm -rf /etc/kubernetes/*.conf /var/lib/kubelet/pki
mkdir -p /etc/kubernetes/pki
find /etc/kubernetes/pki -type f ! -name 'ca.*' ! -name 'front-proxy-ca.*' ! -name 'sa.*' -delete
case $node in
*-control-plane)
	kubeadm init phase certs all --config /kind/kubeadm.conf
	kubeadm init phase kubeconfig all --config /kind/kubeadm.conf
	# With workers, it is to run no Pods of theirs from the start on.
	[ -z "$WORKERS" ] || [ "$KIND" != ready ] ||
		sed -i 's|"$| --register-with-taints=node-role.kubernetes.io/control-plane=:NoSchedule"|' \
			/var/lib/kubelet/kubeadm-flags.env
	;;
*) # labctl brings what the control plane has made for it.
	until [ -s /kind/labctl/join/kubelet.conf ]; do sleep 0.1; done
	mv /kind/labctl/join/ca.crt /etc/kubernetes/pki/
	mv /kind/labctl/join/kubelet.conf /etc/kubernetes/
	;;
esac
# CoreDNS starts with kube-proxy, not after it, and would wait two seconds for its second try. These
# are kube-proxy's own chain and jumps; its first round writes its own rules into them.
portal=$(sed -n -E 's|.*serviceSubnet: ([0-9.]+)\.0/.*|\1.1|p' /kind/kubeadm.conf)
server=$(getent ahostsv4 "$cluster-control-plane" | head -n1 | cut -d' ' -f1)
if [ -n "$portal" ]; then
	nat() { iptables-nft -w -t nat "$@"; }
	nat -N KUBE-SERVICES
	for chain in PREROUTING OUTPUT; do
		nat -I $chain -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES
	done
	nat -A KUBE-SERVICES -d "$portal/32" -p tcp --dport 443 -j DNAT --to-destination "$server:6443"
fi
echo "KIND=$KIND WORKERS='$WORKERS' CLUSTER=$cluster" >/kind/labctl/restoring
rm -rf "$state"
# Its kubeconfig may be read: until now it could have been the one of before.
touch /kind/labctl/own
