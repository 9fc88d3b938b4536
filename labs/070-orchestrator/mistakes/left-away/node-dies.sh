node=$(kubectl -n fleet get pod alone -o jsonpath='{.spec.nodeName}')
docker stop "$node" >/dev/null
# Marked for deletion: the node was missed, and the Pods' time with it is over.
until [ -n "$(kubectl -n fleet get pod alone -o jsonpath='{.metadata.deletionTimestamp}')" ]; do
  sleep 1
done
until [ "$(kubectl -n fleet get deployment fleet -o jsonpath='{.status.readyReplicas}')" = 3 ]; do
  sleep 1
done
