worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec "$worker" sh -c 'crictl rmp --force "$(crictl pods -q --name by-hand)"'
sandbox=$(docker exec "$worker" crictl runp /root/pod.json)
container=$(docker exec "$worker" crictl create "$sandbox" /root/container.json /root/pod.json)
docker exec "$worker" crictl start "$container"
