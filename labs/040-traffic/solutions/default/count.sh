# Count when nothing changes: no replica comes, goes or loads.
kubectl -n "$LABCTL_NAMESPACE" rollout status deployment iris-v2 --timeout=120s
answers=$LABCTL_WORK/answers.yaml
[ -f "$answers" ] || cp starter/answers.yaml "$answers"
for _ in $(seq 30); do
  counted=$(sh starter/count.sh 200)
  ready=$(kubectl -n "$LABCTL_NAMESPACE" get deployment iris-v2 -o jsonpath='{.status.readyReplicas}')
  if ! grep -q -e loading -e 'no answer' <<<"$counted" && [ "$(wc -l <<<"$counted")" = "$ready" ]; then
    break
  fi
  sleep 1
done
parts=$(awk '{print $1}' <<<"$counted" | paste -sd , | sed 's/,/, /g')
sed -i -e "s/^  requests:.*/  requests: 200/" -e "s/^  per_replica:.*/  per_replica: [$parts]/" "$answers"
