# Every node takes Pods again.
for node in $LABCTL_NODES; do
  kubectl uncordon "$node"
  # A mount without `type: Socket` leaves a folder where no socket is.
  docker exec "$node" sh -c '[ ! -d /run/docker.sock ] || rmdir /run/docker.sock'
done
