worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
sed 's/handmade.slice/handmade/' starter/pod.json >"$LABCTL_WORK/pod.json"
docker exec -i "$worker" tee /root/pod.json <"$LABCTL_WORK/pod.json" >/dev/null
docker exec "$worker" sh -c 'crictl pods -q --name by-hand --state NotReady | xargs -r crictl rmp'
docker exec "$worker" crictl runp /root/pod.json || echo "refused"
