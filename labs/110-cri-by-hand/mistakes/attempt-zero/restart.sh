worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
sandbox=$(docker exec "$worker" crictl pods -q --name by-hand --state Ready)
docker exec "$worker" sh -c 'crictl rm --force "$(crictl ps -q --name scale)"'
container=$(docker exec "$worker" crictl create "$sandbox" /root/container.json /root/pod.json)
docker exec "$worker" crictl start "$container"
