# Write a value to the learner's notes, at its place.
note() {
  if grep -qs "^$1:" "$LABCTL_WORK/answers.yaml"; then
    sed -i "s|^$1:.*|$1: $2|" "$LABCTL_WORK/answers.yaml"
  else
    echo "$1: $2" >>"$LABCTL_WORK/answers.yaml"
  fi
}

# A second time there is nothing left to lose.
if kubectl -n fleet get pod alone >/dev/null 2>&1; then
  node=$(kubectl -n fleet get pod alone -o jsonpath='{.spec.nodeName}')
  lost=$(kubectl -n fleet get pods --selector app=fleet \
    --field-selector "spec.nodeName=$node" -o jsonpath='{.items[0].metadata.name}')
  docker stop "$node" >/dev/null
  start=$SECONDS
  # Marked for deletion: the node was missed, and the Pods' time with it is over.
  until [ -n "$(kubectl -n fleet get pod alone -o jsonpath='{.metadata.deletionTimestamp}')" ]; do
    sleep 1
  done
  until [ "$(kubectl -n fleet get deployment fleet -o jsonpath='{.status.readyReplicas}')" = 3 ]; do
    sleep 1
  done
  note lost_pod "$lost"
  note seconds "$((SECONDS - start))"
  docker start "$node" >/dev/null
  kubectl -n fleet wait --for=delete pod/alone --timeout=120s
  kubectl wait --for=condition=Ready "node/$node" --timeout=120s
fi
