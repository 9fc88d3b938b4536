worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec -i "$worker" tee /root/pod.json <starter/pod.json >/dev/null
docker exec "$worker" sh -c 'crictl pods -q --name by-hand --state NotReady | xargs -r crictl rmp'
[ -n "$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)" ] ||
  docker exec "$worker" crictl runp /root/pod.json
