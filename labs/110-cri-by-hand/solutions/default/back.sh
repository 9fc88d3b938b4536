worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec "$worker" systemctl start kubelet
kubectl wait --for=condition=Ready "node/$worker" --timeout=120s
for _ in $(seq 60); do
  [ -n "$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)" ] || break
  sleep 1
done
