# Ask one of the Services for a prediction, from inside a node:   sh ask.sh adelie
# (The address of a Service exists only inside the cluster.)
IP=$(labctl kubectl -n clinic get service "$1" -o jsonpath='{.spec.clusterIP}')
NODE=$(labctl kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
docker exec "$NODE" curl -sS -m 5 "http://$IP/predict?x=200"
