kubectl cordon "$(kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')"
