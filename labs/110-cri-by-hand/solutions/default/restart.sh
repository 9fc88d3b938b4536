worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
sandbox=$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)
pid=$(docker exec "$worker" crictl inspect -o go-template --template '{{.info.pid}}' \
  "$(docker exec "$worker" crictl ps -q --name scale)")
docker exec "$worker" kill "$pid"
for _ in $(seq 30); do
  [ -n "$(docker exec "$worker" crictl ps -q --name scale)" ] || break
  sleep 1
done
sed 's/:TODO"/:v1"/; s/"attempt": 0/"attempt": 1/' starter/container.json |
  docker exec -i "$worker" tee /root/container.json >/dev/null
container=$(docker exec "$worker" crictl create "$sandbox" /root/container.json /root/pod.json)
docker exec "$worker" crictl start "$container"
# The server is there when it has written its first line for the second time.
for _ in $(seq 30); do
  [ "$(docker exec "$worker" grep -c '"started"' /var/lib/by-hand/events.jsonl)" -lt 2 ] || break
  sleep 1
done
