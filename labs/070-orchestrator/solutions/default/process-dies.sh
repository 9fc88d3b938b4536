# Write a value to the learner's notes, at its place.
note() {
  if grep -qs "^$1:" "$LABCTL_WORK/answers.yaml"; then
    sed -i "s|^$1:.*|$1: $2|" "$LABCTL_WORK/answers.yaml"
  else
    echo "$1: $2" >>"$LABCTL_WORK/answers.yaml"
  fi
}

door=${LABCTL_NODES%% *}
address=$(kubectl -n fleet get service fleet -o jsonpath='{.spec.clusterIP}')
kubectl -n fleet rollout status deployment/fleet --timeout=120s
# Ready is a moment earlier than reachable.
until pod=$(docker exec "$door" curl -s -X POST "http://$address/crash" | grep -o 'fleet-[a-z0-9-]*')
do sleep 1; done
until kubectl -n fleet get pod "$pod" -o jsonpath='{.status.containerStatuses[0].restartCount}' |
  grep -q '[1-9]'; do sleep 1; done
kubectl -n fleet wait --for=condition=Ready "pod/$pod" --timeout=120s
note restarted_pod "$pod"
