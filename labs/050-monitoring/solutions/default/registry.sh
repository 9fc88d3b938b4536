kubectl -n "$LABCTL_NAMESPACE" scale deployment registry --replicas=0
kubectl -n "$LABCTL_NAMESPACE" wait --for=delete pod -l app=registry --timeout=30s
