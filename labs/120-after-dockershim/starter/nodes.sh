# Sets DOCKER_NODE and CONTAINERD_NODE, the names of the two workers. Use it so:
#   . ./nodes.sh
DOCKER_NODE=$(labctl kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')
CONTAINERD_NODE=$(labctl kubectl get nodes -o wide |
  awk '/containerd:/ && !/control-plane/ { print $1; exit }')
