# One curl keeps its connection for all of its requests.
kubectl -n "$LABCTL_NAMESPACE" rollout status deployment iris-v2 --timeout=120s
answers=$LABCTL_WORK/answers.yaml
[ -f "$answers" ] || cp starter/answers.yaml "$answers"
address=$(kubectl -n "$LABCTL_NAMESPACE" get service iris -o jsonpath='{.spec.clusterIP}')
node=${LABCTL_NODES%% *}
part=$(docker exec "$node" curl -s "http://$address/whoami?n=[1-100]" | sort | uniq -c | awk 'NR == 1 {print $1}')
sed -i -e "s/^  requests:.*/  requests: 100/" \
  -e "s/^  per_replica:.*/  per_replica: [$part, $((100 - part))]/" "$answers"
