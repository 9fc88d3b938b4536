labctl load trainer:v1
# A Job's template can't be changed, and a Job that has ended does not train again.
kubectl -n "$LABCTL_NAMESPACE" delete job train --ignore-not-found --wait
