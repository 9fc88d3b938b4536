kubectl -n fleet rollout restart deployment/fleet
kubectl -n fleet rollout status deployment/fleet --timeout=120s
