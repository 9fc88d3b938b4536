# The bad request goes to both replicas, as from a client that tries it again.
. solutions/default/functions

with_both | deploy
before=$(restarts)
for address in $(kubectl -n "$LABCTL_NAMESPACE" get pods -l app=wine -o jsonpath='{.items[*].status.podIP}'); do
  docker exec "${LABCTL_NODES%% *}" curl -sS -m 2 "http://$address:8080/predict?x=13.2,nan,4.38" || true
done
soon more_restarts $((before + 2))
