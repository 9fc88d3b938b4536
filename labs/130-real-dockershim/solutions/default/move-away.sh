notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
old=$(kubectl get nodes -o wide | awk '/docker:/ { print $1; exit }')
kubectl drain "$old" --ignore-daemonsets --timeout=120s
id=$(docker exec "$old" docker image inspect --format '{{.Id}}' model-history:v1)
sed -i "s|^image_id:.*|image_id: \"$id\"|" "$notes"
