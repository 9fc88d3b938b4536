# Sets OLD_NODE (dockershim) and NEW_NODE (containerd). Use it so:
#   . ./nodes.sh
OLD_NODE=$(labctl kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')
NEW_NODE=$(labctl kubectl get nodes -o wide | awk '/containerd:/ { print $1; exit }')
