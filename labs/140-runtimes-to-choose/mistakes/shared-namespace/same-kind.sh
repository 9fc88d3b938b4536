notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
node=${LABCTL_NODES%% *}
kubectl -n choosing wait --for=condition=Available --timeout=90s \
  deployment/plain deployment/with-runc deployment/with-crun

image=$(docker exec "$node" crictl inspecti docker.io/library/model-choice:v1 |
  grep -o '"id": *"sha256:[0-9a-f]\{64\}"' | grep -o 'sha256:[0-9a-f]*')
sed -i "s|^image_id:.*|image_id: \"$image\"|" "$notes"

id=$(kubectl -n choosing get pods -l app=with-crun --field-selector status.phase=Running \
  -o jsonpath='{.items[0].status.containerStatuses[0].containerID}')
pid=$(docker exec "$node" sh -c "crictl inspect ${id#containerd://} | jq .info.pid")
own=$(docker exec "$node" sh -c "for kind in cgroup ipc mnt net pid time user uts; do
  [ \$(readlink /proc/$pid/ns/\$kind) = \$(readlink /proc/1/ns/\$kind) ] || echo \$kind
done" | paste -sd ,)
sed -i "s|^own_namespaces:.*|own_namespaces: [$own]|" "$notes"
sed -i "s|^own_namespaces:.*|own_namespaces: [ipc, mnt, net, pid, user, uts]|" "$notes"
