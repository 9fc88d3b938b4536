worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
pid=$(docker exec "$worker" crictl inspect -o go-template --template '{{.info.pid}}' \
  "$(docker exec "$worker" crictl ps -q --name scale)")
docker exec "$worker" kill "$pid"
