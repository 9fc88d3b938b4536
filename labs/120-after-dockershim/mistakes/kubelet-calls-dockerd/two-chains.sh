notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
kubectl -n moving wait --for=condition=Available deployment/model-server --timeout=90s
docker_node=$(kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')
containerd_node=$(kubectl get nodes -o wide |
  awk '/containerd:/ && !/control-plane/ { print $1; exit }')

note() { sed -i "s|^$1:.*|$1: \"$2\"|" "$notes"; }

for kind in docker containerd; do
  node=${kind}_node
  node=${!node}
  note "${kind}_node_version" "$(kubectl get node "$node" \
    -o jsonpath='{.status.nodeInfo.containerRuntimeVersion}')"
  note "${kind}_node_socket" "$(docker exec "$node" \
    awk '/^containerRuntimeEndpoint:/ { print $2 }' /var/lib/kubelet/config.yaml)"
  pid=$(docker exec "$node" pgrep -x python3 | head -n 1 || true)
  if [ -n "$pid" ]; then
    parent=$(docker exec "$node" ps -o ppid= -p "$pid" | tr -d ' ')
    program=$(docker exec "$node" ps -o args= -p "$parent" | cut -d ' ' -f 1)
    note "${kind}_node_parent" "${program##*/}"
  fi
done
note docker_node_cri cri-dockerd
note containerd_node_cri containerd
note calls_dockerd cri-dockerd
note calls_dockerd kubelet
