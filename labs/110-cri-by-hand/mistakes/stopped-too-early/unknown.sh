worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec "$worker" systemctl stop kubelet
docker exec -i "$worker" tee /root/pod.json <starter/pod.json >/dev/null
sandbox=$(docker exec "$worker" crictl runp /root/pod.json)
sed -i "s|^first_sandbox:.*|first_sandbox: $sandbox|" "$LABCTL_WORK/answers.yaml"
