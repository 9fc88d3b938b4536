# Run a command on the worker:
#   sh worker.sh docker ps
node=$(labctl kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o name | head -n 1)
exec docker exec -i -w /root "${node#node/}" "$@"
