kubectl -n everywhere rollout restart daemonset model-store
kubectl -n everywhere rollout status daemonset model-store --timeout=180s
