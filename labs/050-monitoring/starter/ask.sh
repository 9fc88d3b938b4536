# Ask the model once, through the Service wine.
#   sh ask.sh 13.2,2.76,4.38
set -eu
address=$(labctl kubectl -n monitoring get service wine -o jsonpath='{.spec.clusterIP}')
node=$(labctl kubectl get nodes -o jsonpath='{.items[0].metadata.name}')

# The address exists only inside the cluster, so a node of the cluster asks.
docker exec "$node" curl -s -m 2 "http://$address/predict?x=$1" || echo "no answer"
