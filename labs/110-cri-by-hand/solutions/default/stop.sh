worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec "$worker" systemctl stop kubelet
