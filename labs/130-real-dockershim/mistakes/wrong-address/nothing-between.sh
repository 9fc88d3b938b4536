notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
old=$(kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')

note() { sed -i "s|^$1:.*|$1: \"$2\"|" "$notes"; }

note kubelet_version "$(kubectl get node "$old" -o jsonpath='{.status.nodeInfo.kubeletVersion}')"
note runtime_version "$(kubectl get node "$old" \
  -o jsonpath='{.status.nodeInfo.containerRuntimeVersion}')"
note container_runtime "$(docker exec "$old" ps -ww -o args= -C kubelet |
  grep -o 'container-runtime=[a-z]*' | cut -d = -f 2)"
# The kubelet asks dockerd every second, over a connection that stays.
for try in 1 2 3 4 5; do
  caller=$(docker exec -i "$old" sh -s <starter/callers.sh | awk '/kubelet/ { print $2 }')
  [ -z "$caller" ] || break
  sleep 1
done
note calls_dockerd "$(tr -d '"' <<<"$caller")"
said=$(docker exec "$old" \
  crictl --runtime-endpoint unix:///var/run/dockershim.sock version 2>&1 || true)
note crictl_code "$(grep -o 'code = [A-Za-z]*' <<<"$said" | head -n 1 | cut -d ' ' -f 3)"
note crictl_code Unavailable
