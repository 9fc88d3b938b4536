kubectl -n "$LABCTL_NAMESPACE" rollout status deployment iris-v2 --timeout=180s
pod=$(kubectl -n "$LABCTL_NAMESPACE" get pods -l version=v2 -o name | head -n 1)
kubectl -n "$LABCTL_NAMESPACE" delete "$pod"
kubectl -n "$LABCTL_NAMESPACE" rollout status deployment iris-v2 --timeout=180s
