notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
kubectl -n moving wait --for=condition=Available deployment/model-server --timeout=90s
docker_node=$(kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')
containerd_node=$(kubectl get nodes -o wide |
  awk '/containerd:/ && !/control-plane/ { print $1; exit }')

# After the move none is left on the docker node: then the note stays as it is.
id=$(docker exec "$docker_node" docker ps --quiet --filter name=k8s_server_model-server |
  head -n 1)
[ -z "$id" ] || sed -i "s|^docker_node_container:.*|docker_node_container: \"$id\"|" "$notes"
id=$(docker exec "$containerd_node" crictl ps --quiet --name '^server$' | head -n 1)
sed -i "s|^containerd_node_container:.*|containerd_node_container: \"$id\"|" "$notes"
