# What was run with runc on the nodes, and its bundle, go. Other containers stay: on a CRI-O node
# `runc list` has those of Pods, too.
for node in $LABCTL_NODES; do
  docker exec "$node" sh -c 'runc delete --force parts; rm -rf /parts'
done
