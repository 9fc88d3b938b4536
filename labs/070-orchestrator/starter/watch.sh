# Watch the fleet: every 2 seconds nodes, ready Pods, and five questions to the Service at once.
#   sh watch.sh            until Ctrl-C
#   sh watch.sh 3          three lines
# An answer is the version that answered; -- stands for none within a second.
eval "$(labctl env)"
COUNT=${1:-0}
DOOR=$(kubectl get nodes -l node-role.kubernetes.io/control-plane \
  -o jsonpath='{.items[0].metadata.name}')
ASK='set -o pipefail
for i in 1 2 3 4 5; do
  (curl -s -m 1 "http://$1/predict?x=200" | grep -o "v[0-9]*\"" | tr -d "\"" || echo --) &
done; wait'
START=$(date +%s)
while :; do
  NODES=$(kubectl get nodes --no-headers | grep -cw Ready)
  PODS=$(kubectl -n fleet get deployment fleet \
    -o jsonpath='{.status.readyReplicas} of {.spec.replicas}' 2>/dev/null)
  IP=$(kubectl -n fleet get service fleet -o jsonpath='{.spec.clusterIP}' 2>/dev/null)
  ANSWERS=$(docker exec "$DOOR" bash -c "$ASK" bash "${IP:-127.0.0.1}" | tr '\n' ' ')
  printf '%4d s   nodes ready: %s   Pods ready: %-6s   %s\n' \
    $(($(date +%s) - START)) "$NODES" "${PODS:-none}" "$ANSWERS"
  COUNT=$((COUNT - 1))
  [ "$COUNT" -eq 0 ] && break
  sleep 1
done
