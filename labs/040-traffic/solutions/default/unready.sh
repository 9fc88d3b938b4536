# Where it was done before, undo it first: then every replica becomes ready, and it can be waited for.
pods() {
  kubectl -n "$LABCTL_NAMESPACE" get pods -l version=v2 -o go-template='{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}'
}
for pod in $(pods); do
  kubectl -n "$LABCTL_NAMESPACE" exec "$pod" -- rm -f /tmp/drain || true # one that goes right now
done
kubectl -n "$LABCTL_NAMESPACE" rollout status deployment iris-v2 --timeout=180s
kubectl -n "$LABCTL_NAMESPACE" exec "$(pods | head -n 1)" -- touch /tmp/drain
