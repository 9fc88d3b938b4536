node=$(kubectl get nodes -o wide | awk '/containerd:/ && !/control-plane/ { print $1; exit }')
kubectl drain "$node" --ignore-daemonsets --timeout=120s
