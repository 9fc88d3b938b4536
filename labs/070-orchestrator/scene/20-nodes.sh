# Every node runs, is Ready, and takes Pods. A node whose object was deleted makes it anew when its
# kubelet starts.
export LC_ALL=C

for node in $LABCTL_NODES; do
  if [ "$(docker inspect --format '{{.State.Running}}' "$node")" != true ]; then
    docker start "$node" >/dev/null
  elif ! kubectl get node "$node" >/dev/null 2>&1; then
    docker restart "$node" >/dev/null
  fi
done

# What the API server says of a node from before its start is a memory. Its lease is newer only when
# its kubelet has reported since. Both times are UTC in one form, so they can be compared as text.
reported() {
  [[ "$(kubectl -n kube-node-lease get lease "$1" -o jsonpath='{.spec.renewTime}' 2>/dev/null)" > \
    "$(docker inspect --format '{{.State.StartedAt}}' "$1")" ]]
}

for node in $LABCTL_NODES; do
  until reported "$node"; do
    if [ $SECONDS -gt 180 ]; then
      echo "Node $node has not reported since it was started." >&2
      exit 1
    fi
    sleep 1
  done
done
kubectl wait --for=condition=Ready nodes --all --timeout=120s
kubectl uncordon $LABCTL_NODES
# What carries Services and routes, on every node.
for set in $(kubectl -n kube-system get daemonsets -o name); do
  kubectl -n kube-system rollout status "$set" --timeout=120s
done
