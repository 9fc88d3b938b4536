# Ask the Service iris many times, each time over a new connection, and count who answers.
#   sh count.sh 100
set -eu
times=${1:-100}
address=$(labctl kubectl -n traffic get service iris -o jsonpath='{.spec.clusterIP}')
node=$(labctl kubectl get nodes -o jsonpath='{.items[0].metadata.name}')

# The address exists only inside the cluster, so a node of the cluster asks.
docker exec "$node" sh -c '
  i=0
  while [ $i -lt $2 ]; do
    curl -s -m 5 "http://$1/predict?x=7.0,3.2,4.7,1.4" || echo "no answer"
    i=$((i + 1))
  done' sh "$address" "$times" | tr -d '{}"' | sort | uniq -c
