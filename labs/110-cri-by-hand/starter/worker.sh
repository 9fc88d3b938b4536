# Run a command on the worker, in its folder /root:
#   sh worker.sh crictl pods
node=$(labctl kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o name | head -n 1)
exec docker exec -i -w /root "${node#node/}" "$@"
