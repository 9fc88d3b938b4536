worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
answers=$LABCTL_WORK/answers.yaml
[ -e "$answers" ] || cp starter/answers.yaml "$answers"
sed 's/:TODO"/:v1"/' starter/container.json |
  docker exec -i "$worker" tee /root/container.json >/dev/null
sandbox=$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)
if [ -z "$(docker exec "$worker" crictl ps -q --name scale)" ]; then
  container=$(docker exec "$worker" crictl create "$sandbox" /root/container.json /root/pod.json)
  docker exec "$worker" crictl start "$container"
fi
address=$(docker exec "$worker" crictl inspectp -o go-template \
  --template '{{.status.network.ip}}' "$sandbox")
docker exec "$worker" curl -sS --retry 10 --retry-connrefused --retry-delay 1 \
  "http://$address:8080/predict?x=200"
grep -q '^pod_ip:' "$answers" || echo 'pod_ip:' >>"$answers"
sed -i "s|^pod_ip:.*|pod_ip: $address|" "$answers"
