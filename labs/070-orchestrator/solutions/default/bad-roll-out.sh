# Write a value to the learner's notes, at its place.
note() {
  if grep -qs "^$1:" "$LABCTL_WORK/answers.yaml"; then
    sed -i "s|^$1:.*|$1: $2|" "$LABCTL_WORK/answers.yaml"
  else
    echo "$1: $2" >>"$LABCTL_WORK/answers.yaml"
  fi
}

kubectl -n fleet set image deployment/fleet server=docker.io/library/fleet-server:v3
# It fails: that is what this step shows.
! kubectl -n fleet rollout status deployment/fleet --timeout=120s
note ready_while_stuck "$(kubectl -n fleet get deployment fleet -o jsonpath='{.status.readyReplicas}')"
note reason "$(kubectl -n fleet get deployment fleet \
  -o jsonpath='{.status.conditions[?(@.type=="Progressing")].reason}')"
kubectl -n fleet rollout undo deployment/fleet
kubectl -n fleet rollout status deployment/fleet --timeout=120s
