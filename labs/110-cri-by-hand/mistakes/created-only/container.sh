worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
sed 's/:TODO"/:v1"/' starter/container.json |
  docker exec -i "$worker" tee /root/container.json >/dev/null
sandbox=$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)
docker exec "$worker" crictl create "$sandbox" /root/container.json /root/pod.json
